//! Seed 001: "credentials limited by execution count".

use super::*;

fn counted(reads: i64, writes: i64) -> Token {
    Token::of([json!([
        { "action": "read_notes", "limits": { "max_executions": reads } },
        { "action": "write_notes", "limits": { "max_executions": writes } },
    ])])
}

fn told(reads: usize, writes: usize) {
    let token = counted(reads.try_into().unwrap(), writes.try_into().unwrap());
    let mut rows = Rows::default();
    let mut done = [0, 0];
    for n in 0..2 * (reads + writes) {
        let seconds = i64::try_from(n).unwrap();
        for (place, capability) in ["read_notes", "write_notes"].into_iter().enumerate() {
            match ask(&mut rows, &token, &once(capability, json!({})), seconds) {
                Ok(_) => done[place] += 1,
                Err(why) => {
                    assert_eq!(why.code().name(), "limit_exceeded");
                    assert!(matches!(why, Why::LimitExceeded { seconds: None, .. }), "for good");
                }
            }
        }
    }
    assert_eq!(done, [reads, writes]);
    let mut later = rows;
    assert!(
        ask(&mut later, &token, &reading(), 300 * DAY).is_err(),
        "no day gives it back"
    );
}

#[test]
fn seed_001_fifteen_reads_and_one_write() {
    told(15, 1);
}

#[test]
fn seed_001_a_hundred_reads_and_five_writes() {
    told(100, 5);
}

#[test]
fn seed_001_a_block_of_fifteen_is_leased_counted_by_the_resource_and_settled() {
    let token = counted(15, 1);
    let mut rows = Rows::default();
    let lease = Request {
        kind: Kind::Lease,
        units: 10,
        ..reading()
    };
    let booked = ask(&mut rows, &token, &lease, 0).unwrap();
    assert_eq!(booked["remaining"]["executions"], 5);
    let six = Request { units: 6, ..reading() };
    assert!(ask(&mut rows, &token, &six, 1).is_err(), "the block is out");
    finish(&mut rows, &token.path, &booked["id"], End::Settle(Some(4)), 2).unwrap();
    assert_eq!(ask(&mut rows, &token, &six, 3).unwrap()["remaining"]["executions"], 5);
}
