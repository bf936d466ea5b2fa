//! CTAP2 canonical CBOR (CTAP 2.1 s8), the one spelling that WebAuthn structures have (WebAuthn s2).
//!
//! Refused: indefinite lengths, integers not in their shortest form or beyond 64 bits with sign, map keys that are out of
//! order, double, or neither integer nor text, tags, floats, unassigned simple values, more than [`DEPTH_MAX`] levels.
//! Nothing is allocated: items borrow, and containers are walked anew.

use std::cmp::Ordering;

use crate::Malformed;

/// How many maps and arrays may be open at once (CTAP 2.1 s8: servers take no more than four).
pub(super) const DEPTH_MAX: usize = 4;

/// One data item; what is inside a container was read, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item<'a> {
    Integer(i64),
    Bytes(&'a [u8]),
    Text(&'a str),
    Array,
    Map(Map<'a>),
    /// false, true or null.
    Simple,
}

/// A map: its keys and values one after another, all of them canonical.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Map<'a>(&'a [u8]);

impl<'a> Map<'a> {
    /// Reads one map that is all there is.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Map<'a>, Malformed> {
        match Map::parse_first(bytes)? {
            (map, []) => Ok(map),
            _ => Err(Malformed::Cbor),
        }
    }

    /// Reads one map, and gives what follows it.
    pub(super) fn parse_first(bytes: &'a [u8]) -> Result<(Map<'a>, &'a [u8]), Malformed> {
        match read(bytes, DEPTH_MAX)? {
            (Item::Map(map), rest) => Ok((map, rest)),
            _ => Err(Malformed::Cbor),
        }
    }

    /// The value of that key.
    pub(super) fn get(self, key: Item<'_>) -> Option<Item<'a>> {
        self.entries().find(|(found, _)| *found == key).map(|(_, value)| value)
    }

    /// How many entries there are.
    pub(super) fn len(self) -> usize {
        self.entries().count()
    }

    fn entries(self) -> impl Iterator<Item = (Item<'a>, Item<'a>)> {
        let mut rest = self.0;
        // INVARIANT: these bytes were read before, so an error here is the end of them.
        std::iter::from_fn(move || {
            let (key, after_key) = read(rest, DEPTH_MAX).ok()?;
            let (value, after_value) = read(after_key, DEPTH_MAX).ok()?;
            rest = after_value;
            Some((key, value))
        })
    }
}

/// The bytes of `all` before `rest`, which is its end.
pub(super) fn before<'a>(all: &'a [u8], rest: &[u8]) -> &'a [u8] {
    all.get(..all.len().saturating_sub(rest.len())).unwrap_or_default()
}

/// Reads one item, and gives what follows it.
fn read(bytes: &[u8], depth_left: usize) -> Result<(Item<'_>, &[u8]), Malformed> {
    let (major, argument, rest) = head(bytes)?;
    match major {
        0 => Ok((Item::Integer(small(argument)?), rest)),
        // -1 - argument, which is what the complement of a signed integer is.
        1 => Ok((Item::Integer(!small(argument)?), rest)),
        2 => take(rest, argument).map(|(bytes, rest)| (Item::Bytes(bytes), rest)),
        3 => {
            let (bytes, rest) = take(rest, argument)?;
            let text = str::from_utf8(bytes).map_err(|_| Malformed::Cbor)?;
            Ok((Item::Text(text), rest))
        }
        4 => read_array(rest, argument, deeper(depth_left)?).map(|rest| (Item::Array, rest)),
        5 => {
            let end = read_map(rest, argument, deeper(depth_left)?)?;
            Ok((Item::Map(Map(before(rest, end))), end))
        }
        7 if (FALSE..=NULL).contains(&argument) => Ok((Item::Simple, rest)),
        _ => Err(Malformed::Cbor),
    }
}

const FALSE: u64 = 20;
const NULL: u64 = 22;

fn read_array(bytes: &[u8], length: u64, depth_left: usize) -> Result<&[u8], Malformed> {
    let mut rest = bytes;
    // Each turn takes a byte or fails, so a large length is no loop.
    for _ in 0..length {
        (_, rest) = read(rest, depth_left)?;
    }
    Ok(rest)
}

fn read_map(bytes: &[u8], length: u64, depth_left: usize) -> Result<&[u8], Malformed> {
    let mut rest = bytes;
    let mut last: Option<&[u8]> = None;
    for _ in 0..length {
        let (Item::Integer(_) | Item::Text(_), after_key) = read(rest, depth_left)? else {
            return Err(Malformed::Cbor);
        };
        let key = before(rest, after_key);
        match last.map_or(Ordering::Less, |last| key_order(last, key)) {
            Ordering::Less => last = Some(key),
            Ordering::Equal => return Err(Malformed::Duplicate),
            Ordering::Greater => return Err(Malformed::Cbor),
        }
        (_, rest) = read(after_key, depth_left)?;
    }
    Ok(rest)
}

/// Lower major type, then shorter, then lower bytes (CTAP 2.1 s8).
fn key_order(a: &[u8], b: &[u8]) -> Ordering {
    let rank = |key: &[u8]| (key.first().map(|head| head >> 5), key.len());
    rank(a).cmp(&rank(b)).then_with(|| a.cmp(b))
}

/// Major type and argument of an item's head (RFC 8949 s3), the argument in its shortest form.
fn head(bytes: &[u8]) -> Result<(u8, u64, &[u8]), Malformed> {
    let (first, rest) = bytes.split_first().ok_or(Malformed::Cbor)?;
    let (argument, least, rest) = match first & 0x1f {
        inline @ 0..=23 => (u64::from(inline), 0, rest),
        24 => {
            let (bytes, rest) = split::<1>(rest)?;
            (u64::from(u8::from_be_bytes(bytes)), 24, rest)
        }
        25 => {
            let (bytes, rest) = split::<2>(rest)?;
            (u64::from(u16::from_be_bytes(bytes)), 1 << 8, rest)
        }
        26 => {
            let (bytes, rest) = split::<4>(rest)?;
            (u64::from(u32::from_be_bytes(bytes)), 1 << 16, rest)
        }
        27 => {
            let (bytes, rest) = split::<8>(rest)?;
            (u64::from_be_bytes(bytes), 1 << 32, rest)
        }
        // Reserved, or an indefinite length.
        _ => return Err(Malformed::Cbor),
    };
    if argument < least {
        return Err(Malformed::Cbor);
    }
    Ok((first >> 5, argument, rest))
}

fn split<const N: usize>(bytes: &[u8]) -> Result<([u8; N], &[u8]), Malformed> {
    let (head, rest) = bytes.split_first_chunk::<N>().ok_or(Malformed::Cbor)?;
    Ok((*head, rest))
}

fn take(bytes: &[u8], length: u64) -> Result<(&[u8], &[u8]), Malformed> {
    let length = usize::try_from(length).map_err(|_| Malformed::Cbor)?;
    bytes.split_at_checked(length).ok_or(Malformed::Cbor)
}

fn small(argument: u64) -> Result<i64, Malformed> {
    i64::try_from(argument).map_err(|_| Malformed::Number)
}

fn deeper(depth_left: usize) -> Result<usize, Malformed> {
    depth_left.checked_sub(1).ok_or(Malformed::TooDeep)
}

#[cfg(test)]
mod tests;
