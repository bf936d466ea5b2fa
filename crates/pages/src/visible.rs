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
