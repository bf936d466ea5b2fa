//! Examples of RFC 8949 Appendix A, and what CTAP 2.1 s8 takes out of them.

use super::{DEPTH_MAX, Item, Map, read};
use crate::Malformed;

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b' ').collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn error(text: &str) -> Malformed {
    read(&hex(text), DEPTH_MAX).unwrap_err()
}

#[test]
fn integers_of_appendix_a() {
    for (text, value) in [
        ("00", 0),
        ("01", 1),
        ("17", 23),
        ("1818", 24),
        ("1864", 100),
        ("1903e8", 1000),
        ("1a000f4240", 1_000_000),
        ("1b000000e8d4a51000", 1_000_000_000_000),
        ("1b7fffffffffffffff", i64::MAX),
        ("20", -1),
        ("29", -10),
        ("3863", -100),
        ("3903e7", -1000),
        ("3b7fffffffffffffff", i64::MIN),
    ] {
        assert_eq!(read(&hex(text), 0), Ok((Item::Integer(value), &[][..])), "{text}");
    }
    // 18446744073709551615 and -18446744073709551616.
    assert_eq!(error("1bffffffffffffffff"), Malformed::Number);
    assert_eq!(error("3bffffffffffffffff"), Malformed::Number);
    assert_eq!(error("1b8000000000000000"), Malformed::Number);
}

#[test]
fn strings_of_appendix_a() {
    for (text, item) in [
        ("40", Item::Bytes(&[])),
        ("4401020304", Item::Bytes(&[1, 2, 3, 4])),
        ("60", Item::Text("")),
        ("6449455446", Item::Text("IETF")),
        ("62c3bc", Item::Text("\u{fc}")),
        ("f4", Item::Simple),
        ("f5", Item::Simple),
        ("f6", Item::Simple),
    ] {
        assert_eq!(read(&hex(text), 0), Ok((item, &[][..])), "{text}");
    }
}

#[test]
fn what_follows_an_item_is_left() {
    assert_eq!(read(&[0x01, 0x02], 0), Ok((Item::Integer(1), &[2][..])));
    assert_eq!(Map::parse(&hex("a0 00")), Err(Malformed::Cbor));
    assert_eq!(Map::parse_first(&hex("a0 00")).unwrap().1, [0]);
}

#[test]
fn maps_are_searched_by_key() {
    // {1: 2, -1: h'05', "a": 1, "b": [2, 3]}, after examples of Appendix A.
    let bytes = hex("a4 01 02 20 4105 6161 01 6162 820203");
    let map = Map::parse(&bytes).unwrap();
    assert_eq!(map.len(), 4);
    assert_eq!(map.get(Item::Integer(1)), Some(Item::Integer(2)));
    assert_eq!(map.get(Item::Integer(-1)), Some(Item::Bytes(&[5])));
    assert_eq!(map.get(Item::Text("a")), Some(Item::Integer(1)));
    assert_eq!(map.get(Item::Text("b")), Some(Item::Array));
    assert_eq!(map.get(Item::Integer(2)), None);
    assert_eq!(map.get(Item::Text("")), None);
}

#[test]
fn a_map_is_not_another_item() {
    for text in ["00", "40", "60", "80", "f6", ""] {
        assert_eq!(Map::parse(&hex(text)), Err(Malformed::Cbor), "{text}");
    }
}

#[test]
fn longer_heads_than_needed_are_refused() {
    for text in [
        "1817",
        "190017",
        "1900ff",
        "1a0000ffff",
        "1b00000000ffffffff",
        "3817",
        "5801 00",
        "590001 00",
        "7801 61",
        "9801 00",
        "b801 0000",
    ] {
        assert_eq!(error(text), Malformed::Cbor, "{text}");
    }
}

#[test]
fn indefinite_lengths_tags_floats_and_odd_values_are_refused() {
    for text in [
        // Appendix A: indefinite lengths.
        "5f42010243030405ff",
        "7f657374726561646d696e67ff",
        "9fff",
        "bf6161019fff",
        "ff",
        // Tags.
        "c074323031332d30332d32315432303a30343a30305a",
        "d74401020304",
        "d9d9f7a0",
        // Floats.
        "f90000",
        "fa47c35000",
        "fb3ff199999999999a",
        // undefined, unassigned and two-byte simple values.
        "f7",
        "f0",
        "f8ff",
        "f814",
        // Reserved heads.
        "1c",
        "1d",
        "1e",
        "1f",
    ] {
        assert_eq!(error(text), Malformed::Cbor, "{text}");
    }
}

#[test]
fn what_ends_early_is_refused() {
    for text in [
        "",
        "18",
        "19",
        "1900",
        "1a000000",
        "1b00000000000000",
        "41",
        "420a",
        "61",
        "81",
        "820a",
        "a1",
        "a101",
        "a20101",
        "5bffffffffffffffff",
        "9bffffffffffffffff",
        "bbffffffffffffffff",
        "9affffffff",
        "baffffffff",
    ] {
        assert_eq!(error(text), Malformed::Cbor, "{text}");
    }
}

#[test]
fn text_is_utf_8() {
    for text in ["61ff", "62c328", "63eda080"] {
        assert_eq!(error(text), Malformed::Cbor, "{text}");
    }
}

#[test]
fn map_keys_go_up_by_type_then_length_then_bytes() {
    for good in [
        "a2 0a 00 1864 00",
        "a2 1864 00 20 00",
        "a2 20 00 617a 00",
        "a2 617a 00 626161 00",
        "a2 6161 00 6162 00",
        "a2 1818 00 1903e8 00",
    ] {
        Map::parse(&hex(good)).unwrap();
    }
    for bad in [
        "a2 1864 00 0a 00",
        "a2 20 00 1864 00",
        "a2 617a 00 20 00",
        "a2 626161 00 617a 00",
        "a2 6162 00 6161 00",
        "a3 01 00 03 00 02 00",
    ] {
        assert_eq!(Map::parse(&hex(bad)), Err(Malformed::Cbor), "{bad}");
    }
    for double in ["a2 01 00 01 00", "a2 6161 00 6161 00", "a3 01 00 02 00 02 00"] {
        assert_eq!(Map::parse(&hex(double)), Err(Malformed::Duplicate), "{double}");
    }
}

#[test]
fn map_keys_are_integers_or_text() {
    for bad in ["a1 4101 00", "a1 80 00", "a1 a0 00", "a1 f5 00"] {
        assert_eq!(Map::parse(&hex(bad)), Err(Malformed::Cbor), "{bad}");
    }
}

#[test]
fn four_levels_are_taken_and_no_fifth() {
    for (good, bad) in [("81818180", "8181818180"), ("a101a101a101a0", "a101a101a101a101a0")] {
        read(&hex(good), DEPTH_MAX).unwrap();
        assert_eq!(error(bad), Malformed::TooDeep, "{bad}");
    }
    // However deep: no stack is used up.
    assert_eq!(read(&vec![0x81; 1 << 20], DEPTH_MAX).unwrap_err(), Malformed::TooDeep);
}
