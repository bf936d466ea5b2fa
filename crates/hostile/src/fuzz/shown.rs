//! What pages do with texts of strangers.

use pages::Language;

use super::{text, two_lines};

pub(super) fn language(data: &[u8]) {
    let Some(asked) = text(data) else { return };
    // Whatever is asked, a page has a language of ours; and what was chosen by name wins.
    let from_header = Language::negotiate(None, None, Some(asked));
    assert!(Language::ALL.contains(&from_header));
    for chosen in Language::ALL {
        assert_eq!(
            Language::negotiate(Some(chosen.tag()), Some(asked), Some(asked)),
            *chosen
        );
        assert_eq!(Language::negotiate(None, Some(chosen.tag()), Some(asked)), *chosen);
    }
    if let Some((cookie, header)) = two_lines(data) {
        assert!(Language::ALL.contains(&Language::negotiate(None, Some(cookie), Some(header))));
    }
}

/// Characters that are kept of a text here.
const CHARS_MAX: usize = 60;

pub(super) fn visible(data: &[u8]) {
    let Some(given) = text(data) else { return };
    let shown = pages::visible(given, CHARS_MAX);
    assert!(
        shown.chars().count() <= CHARS_MAX.saturating_add(1),
        "a mark says that something was cut"
    );
    assert!(!shown.chars().any(char::is_control), "{shown:?}");
    assert!(!shown.contains(
        |c| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    ));
    assert!(
        !shown.starts_with(' ') && !shown.contains("  "),
        "white space is one space"
    );
    assert_eq!(
        pages::visible(&shown, CHARS_MAX.saturating_add(1)),
        shown,
        "what is visible stays as it is"
    );
}
