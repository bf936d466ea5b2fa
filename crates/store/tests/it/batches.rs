//! A batch ends as if its changes had come one after the other: random changes over a few rows, and a model that knows nothing of batches.
#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic on small known values")]

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use kernel::{EventKind, TokenId};
use store::{Lost, Outcome};

use crate::world::{
    Wanted, World, client, create_client, create_grant, create_token, event, grant, live, mark, replace_client,
    revoke_grant, revoke_token, token, unchanged,
};

/// What a guard or write wants, small enough to be modelled.
#[derive(Clone, Copy, Debug)]
enum Want {
    Mark(u64),
    Live(u64),
    CreateGrant(u64),
    CreateToken(u64),
    Replace(u64, i64),
    Unchanged(u64, i64),
    RevokeGrant(u64),
    RevokeToken(u64),
}

/// The rows, as far as guards can see them.
#[derive(Clone, Debug, Default, PartialEq)]
struct Rows {
    marks: BTreeSet<u64>,
    /// Whether they are revoked.
    grants: BTreeMap<u64, bool>,
    tokens: BTreeSet<u64>,
    epochs: BTreeMap<u64, i64>,
}

impl Rows {
    /// Whether it finds its row.
    fn apply(&mut self, want: Want) -> bool {
        match want {
            Want::Mark(n) => self.marks.insert(n),
            Want::Live(n) => self.grants.get(&n) == Some(&false),
            Want::CreateGrant(n) => {
                let new = !self.grants.contains_key(&n);
                self.grants.entry(n).or_insert(false);
                new
            }
            Want::CreateToken(n) => self.tokens.insert(n),
            Want::Replace(n, epoch) => {
                let found = self.epochs.get(&n) == Some(&epoch);
                if found {
                    self.epochs.insert(n, epoch + 1);
                }
                found
            }
            Want::Unchanged(n, epoch) => self.epochs.get(&n) == Some(&epoch),
            Want::RevokeGrant(n) => self
                .grants
                .get_mut(&n)
                .is_some_and(|revoked| !std::mem::replace(revoked, true)),
            Want::RevokeToken(_) => true,
        }
    }

    /// A whole change: all of it, or nothing and what was lost first.
    fn run(&mut self, change: &Change) -> Outcome {
        let mut after = self.clone();
        let marks = change.marks.iter().enumerate().map(|(n, want)| (Lost::Mark(n), *want));
        let guards = change
            .guards
            .iter()
            .enumerate()
            .map(|(n, want)| (Lost::Guard(n), *want));
        for (lost, want) in marks.chain(guards) {
            if !after.apply(want) {
                return Outcome::Lost(lost);
            }
        }
        for want in &change.sure {
            after.apply(*want);
        }
        *self = after;
        Outcome::Committed
    }
}

#[derive(Clone, Debug)]
struct Change {
    marks: Vec<Want>,
    guards: Vec<Want>,
    sure: Vec<Want>,
}

impl Change {
    fn random(dice: &mut Dice, epochs: &BTreeMap<u64, i64>) -> Self {
        let marks = (0..dice.below(3)).map(|_| Want::Mark(dice.below(8))).collect();
        let guards = (0..dice.below(4)).map(|_| Self::guard(dice, epochs)).collect();
        let sure = (0..dice.below(2))
            .map(|_| {
                if dice.below(3) == 0 {
                    Want::RevokeGrant(dice.below(7))
                } else {
                    Want::RevokeToken(dice.below(9))
                }
            })
            .collect();
        Self { marks, guards, sure }
    }

    fn guard(dice: &mut Dice, epochs: &BTreeMap<u64, i64>) -> Want {
        match dice.below(8) {
            0..3 => Want::Live(dice.below(7)),
            3 => Want::CreateGrant(4 + dice.below(3)),
            4 => Want::CreateToken(dice.below(30)),
            more => {
                let n = dice.below(2);
                let epoch = epochs[&n] + i64::from(dice.below(3) == 0);
                if more < 6 {
                    Want::Replace(n, epoch)
                } else {
                    Want::Unchanged(n, epoch)
                }
            }
        }
    }

    /// The same in the store's words. Rows of each round are its own, clients stay.
    fn wanted(&self, round: u64) -> Wanted {
        let mut wanted = Wanted::default().event(event(EventKind::TokenIssued));
        for want in self.marks.iter().chain(&self.guards).chain(&self.sure) {
            wanted = match *want {
                Want::Mark(n) => wanted.mark(mark(&format!("{round}-{n}"))),
                Want::Live(n) => wanted.guard(live(&format!("g{round}-{n}"), 1)),
                Want::CreateGrant(n) => wanted.guard(create_grant(grant(&format!("g{round}-{n}")))),
                Want::CreateToken(n) => wanted.guard(create_token(token(&format!("t{round}-{n}")))),
                Want::Replace(n, epoch) => {
                    let mut new = client(&format!("c{n}"));
                    new.epoch = epoch + 1;
                    wanted.guard(replace_client(new, epoch))
                }
                Want::Unchanged(n, epoch) => wanted.guard(unchanged(&format!("c{n}"), epoch)),
                Want::RevokeGrant(n) => wanted.sure(revoke_grant(&format!("g{round}-{n}"), 1)),
                Want::RevokeToken(n) => wanted.sure(revoke_token(&format!("t{round}-{n}"), 1)),
            };
        }
        wanted
    }
}

/// The same numbers every time.
struct Dice(u64);

impl Dice {
    /// The next number below `end` (Marsaglia, Xorshift RNGs, 2003).
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

#[tokio::test]
async fn a_batch_ends_as_if_its_changes_had_come_one_after_the_other() {
    let world = World::new().await;
    let mut dice = Dice(0x5eed);
    let mut rows = Rows {
        epochs: BTreeMap::from([(0, 1), (1, 1)]),
        ..Rows::default()
    };
    world
        .put(
            Wanted::default()
                .guard(create_client(client("c0")))
                .guard(create_client(client("c1"))),
        )
        .await;
    let mut events = 0;
    for round in 0..80 {
        rows = Rows {
            epochs: rows.epochs,
            ..Rows::default()
        };
        for n in 0..4 {
            rows.grants.insert(n, false);
            world
                .put(Wanted::default().guard(create_grant(grant(&format!("g{round}-{n}")))))
                .await;
        }
        let changes: Vec<Change> = (0..40).map(|_| Change::random(&mut dice, &rows.epochs)).collect();
        let expected: Vec<Outcome> = changes.iter().map(|change| rows.run(change)).collect();
        // On one thread all are queued before the committer runs: one batch.
        let outcomes = join_all(changes.iter().map(|change| world.commit(change.wanted(round)))).await;
        for ((n, outcome), change) in outcomes.into_iter().enumerate().zip(&changes) {
            assert_eq!(outcome.unwrap(), expected[n], "round {round}, change {n}: {change:?}");
        }
        events += expected
            .iter()
            .filter(|outcome| **outcome == Outcome::Committed)
            .count();
        for n in 0..30 {
            let there = world
                .db
                .token(&TokenId::parse(&format!("t{round}-{n}")).unwrap())
                .await
                .unwrap()
                .is_some();
            assert_eq!(there, rows.tokens.contains(&n), "round {round}, token {n}");
        }
    }
    assert!((400..2_000).contains(&events), "some win and some lose: {events}");
    assert_eq!(world.whole_log().await, events);
}
