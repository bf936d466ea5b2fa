//! Text of strangers, made harmless to look at: nothing hidden, nothing reordered, nothing endless (S-10).

/// Characters kept of a name.
pub(crate) const NAME_CHARS_MAX: usize = 60;
/// Characters kept of what a scope or notice says.
pub(crate) const WORDS_CHARS_MAX: usize = 200;
/// Characters kept of what must be whole to be true: hosts (253 at most, RFC 1035 s2.3.4) and addresses.
pub(crate) const WHOLE_CHARS_MAX: usize = 4_000;

/// Marks on one letter that are still a letter of some language; a tower of them covers the lines around it.
const MARKS_IN_A_ROW_MAX: usize = 3;

/// The text with everything shown that would hide or reorder something, white space collapsed, cut with `…` after `max_chars` characters.
///
/// Control, format (bidirectional, zero-width, tags), private-use and blank-looking characters become `[U+202E]`; a marker is never cut in two.
/// The result is text, not HTML: escape it and put it in `<bdi>`.
pub fn visible(text: &str, max_chars: usize) -> String {
    let mut shown = String::new();
    let mut left = max_chars;
    let mut gap = false;
    let mut marks: usize = 0;
    for c in text.chars() {
        if c.is_whitespace() {
            gap = !shown.is_empty();
            marks = 0;
            continue;
        }
        if matches!(c, '\u{FE0E}' | '\u{FE0F}') {
            continue; // they choose between two pictures of the same sign
        }
        marks = if is_mark(c) { marks.saturating_add(1) } else { 0 };
        let mut piece = String::new();
        if std::mem::take(&mut gap) {
            piece.push(' ');
        }
        if is_hidden(c) || marks > MARKS_IN_A_ROW_MAX {
            let marker = format!("[U+{:04X}]", u32::from(c));
            piece.push_str(&marker);
        } else {
            piece.push(c);
        }
        let Some(rest) = left.checked_sub(piece.chars().count()) else {
            shown.push('…');
            return shown;
        };
        left = rest;
        shown.push_str(&piece);
    }
    shown
}

/// Whether a text has letters that could be taken for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letters {
    /// It has none.
    Plain,
    /// It has letters of an alphabet some of whose letters look Latin.
    Foreign,
}

/// The same where every character counts, as in an amount or a name of who is paid: digits and letters that stand for others (full width, mathematical, other scripts'
/// digits) become `[U+FF11]`, and so does a Greek, Cyrillic, Armenian or Cherokee letter in a text that has Latin ones too. A text all in such letters stays as it is,
/// and the answer says so (S-30).
pub fn exact(text: &str, max_chars: usize) -> (String, Letters) {
    let latin = text.chars().any(|c| c.is_ascii_alphabetic());
    let mut letters = Letters::Plain;
    let mut marked = String::with_capacity(text.len());
    for c in text.chars() {
        let foreign = looks_latin(c);
        if stands_for_another(c) || (foreign && latin) {
            marked.push_str(&format!("[U+{:04X}]", u32::from(c)));
        } else {
            if foreign {
                letters = Letters::Foreign;
            }
            marked.push(c);
        }
    }
    (visible(&marked, max_chars), letters)
}

/// Compatibility forms of letters, digits and signs, and digits that are not ours.
fn stands_for_another(c: char) -> bool {
    (c.is_numeric() && !c.is_ascii_digit())
        || matches!(u32::from(c),
            0x02B0..=0x02FF | 0x1D00..=0x1DBF | 0x2010..=0x2015 | 0x2024..=0x2026 | 0x2032..=0x2037 | 0x2044 | 0x204E | 0x2070..=0x209F | 0x2100..=0x218F
            | 0x2212 | 0x2215..=0x2217 | 0x2223 | 0x2236 | 0x2460..=0x24FF | 0xA4D0..=0xA4FF | 0xA78C | 0xFE10..=0xFE19 | 0xFE30..=0xFE6F
            | 0xFF01..=0xFFEF | 0x1D400..=0x1D7FF | 0x1F100..=0x1F1FF)
}

/// Alphabets with letters that are drawn like Latin ones.
fn looks_latin(c: char) -> bool {
    c.is_alphabetic()
        && matches!(u32::from(c), 0x0370..=0x058F | 0x10A0..=0x10FF | 0x13A0..=0x13FF | 0x1C80..=0x1C8F | 0x1F00..=0x1FFF | 0x2C80..=0x2CFF | 0xA640..=0xA69F | 0xAB70..=0xABBF)
}

/// General categories Cc, Cf, Co and the noncharacters, the default-ignorable code points, and letters that draw nothing (Unicode 16).
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c),
            0x00AD | 0x034F | 0x0600..=0x0605 | 0x061C | 0x06DD | 0x070F | 0x0890..=0x0891 | 0x08E2
            | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180F | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F
            | 0x2800 | 0x3164 | 0xE000..=0xF8FF | 0xFDD0..=0xFDEF | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB | 0xFFFE..=0xFFFF
            | 0x110BD | 0x110CD | 0x13430..=0x1343F | 0x16FE4 | 0x1BCA0..=0x1BCA3 | 0x1D159 | 0x1D173..=0x1D17A
            | 0x1FFFE..=0x1FFFF | 0xE0000..=0xE0FFF | 0xF0000..=0x0010_FFFF)
}

/// Combining marks that stack without end in any script's font.
fn is_mark(c: char) -> bool {
    matches!(u32::from(c),
        0x0300..=0x036F | 0x0483..=0x0489 | 0x0591..=0x05BD | 0x0610..=0x061A | 0x064B..=0x065F | 0x06D6..=0x06DC | 0x06DF..=0x06E4
        | 0x06E7..=0x06E8 | 0x06EA..=0x06ED | 0x0730..=0x074A | 0x0E34..=0x0E3A | 0x0E47..=0x0E4E | 0x0F71..=0x0F84 | 0x0F8D..=0x0FBC
        | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x20D0..=0x20F0 | 0xA8E0..=0xA8F1 | 0xFE20..=0xFE2F)
}
