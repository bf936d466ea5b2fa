//! Which language a browser gets.

use pages::Language;

use Language::{English, German};

#[test]
fn tags_are_read_in_any_case() {
    for language in Language::ALL {
        assert_eq!(Language::from_tag(language.tag()), Some(*language));
        assert_eq!(Language::from_tag(&language.tag().to_uppercase()), Some(*language));
    }
    assert_eq!(Language::from_tag("fr"), None);
    assert_eq!(Language::from_tag("de-AT"), None);
    assert_eq!(Language::from_tag(""), None);
}

#[test]
fn accept_language_follows_weights_and_lookup() {
    let table = [
        ("de", German),
        ("de-CH-1996", German), // RFC 4647 s3.4: lookup drops subtags from the end
        ("DE-de", German),
        ("de-x-private", German),
        ("da, en-gb;q=0.8, en;q=0.7", English), // RFC 9110 s12.5.4
        ("fr, de;q=0.9, en;q=0.8", German),
        ("en;q=0.2, de;q=0.9", German),
        ("en;q=0.8, de;q=0.8", English), // equal weights: as they stand
        ("de;q=0.8, en;q=0.8", German),
        ("de;q=0, fr", English), // q=0: not acceptable
        ("de;q=0.000", English),
        ("de;q=0.001, fr", German),
        ("*", English),
        ("fr, *;q=0.5", English),
        ("de;Q=1.000", German),
        ("  de  ;  q=0.5 , en ; q=0.4", German),
        ("", English),
    ];
    for (header, wanted) in table {
        assert_eq!(Language::negotiate(None, None, Some(header)), wanted, "{header}");
    }
}

#[test]
fn malformed_elements_are_skipped_and_nothing_breaks() {
    let table = [
        ("de;q=2, en", English),
        ("de;q=-1, en", English),
        ("de;q=0.1234, en;q=0.01", English),
        ("de;q=1.001, en;q=0.1", English),
        ("de;q=., en;q=0.1", English),
        ("de;q=abc, en;q=0.1", English),
        ("de;level=1, en;q=0.1", English),
        ("de;;q=1, en;q=0.1", English),
        ("de--AT, en", English),
        ("-de, en", English),
        ("de-, en", English),
        ("verylongsubtag, de", German),
        (",,, ;q=1, de", German),
        ("de\u{202E}, en", English),
        ("\u{0}", English),
    ];
    for (header, wanted) in table {
        assert_eq!(Language::negotiate(None, None, Some(header)), wanted, "{header:?}");
    }
    assert_eq!(Language::negotiate(None, None, Some(&"x,".repeat(100_000))), English);
    assert_eq!(Language::negotiate(Some(&"x-".repeat(100_000)), None, None), English);
}

#[test]
fn the_app_speaks_before_the_cookie_and_the_cookie_before_the_browser() {
    let table = [
        (Some("de"), Some("en"), Some("en"), German),
        (Some("fr de-AT en"), Some("en"), Some("en"), German),
        (Some("fr"), Some("de"), Some("en"), German),
        (Some(""), Some("de"), None, German),
        (None, Some("de"), Some("en"), German),
        (None, Some("xx"), Some("de"), German),
        (None, None, None, English),
    ];
    for (ui_locales, cookie, accept_language, wanted) in table {
        assert_eq!(
            Language::negotiate(ui_locales, cookie, accept_language),
            wanted,
            "{ui_locales:?} {cookie:?} {accept_language:?}"
        );
    }
}
