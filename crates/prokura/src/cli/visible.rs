//! Text that somebody else chose, made fit for a terminal (S-10).

use std::borrow::Cow;

/// The text with every character that a terminal would obey, or that hides or reorders others, written as `\u` and its number. Inside JSON that is the same text.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(hides) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len().saturating_mul(2));
    for c in text.chars() {
        if hides(c) {
            let mut halves = [0; 2];
            let escaped = c.encode_utf16(&mut halves).iter().map(|half| format!("\\u{half:04x}"));
            shown.extend(escaped);
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// Controls, line and paragraph separators, marks that turn the direction of writing, and characters without a width.
fn hides(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn s_10_nothing_is_left_that_a_terminal_obeys() {
        assert_eq!(
            visible("red \u{1b}[31m\u{7f}\u{9b}2J"),
            "red \\u001b[31m\\u007f\\u009b2J"
        );
        assert_eq!(visible("a\nb\tc\u{2028}"), "a\\u000ab\\u0009c\\u2028");
        assert_eq!(visible("pay \u{202e}05$\u{200b}"), "pay \\u202e05$\\u200b");
        assert_eq!(visible("tag \u{e0041}"), "tag \\udb40\\udc41");
    }

    #[test]
    fn ordinary_text_of_any_script_stays_as_it_is() {
        for text in ["Grüße", "\u{65e5}\u{672c}", "\u{627}\u{644}", "a \\ b", "\u{1f600}"] {
            assert_eq!(visible(text), text);
        }
    }

    #[test]
    fn in_json_the_value_stays_the_same() {
        let json = serde_json::to_string("x\u{202e}\u{e0041}").unwrap();
        let back: String = serde_json::from_str(&visible(&json)).unwrap();
        assert_eq!(back, "x\u{202e}\u{e0041}");
    }
}
