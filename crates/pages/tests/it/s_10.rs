//! S-10: text that an app, agent or passer-by controls shows as what it is and does nothing.

#![expect(clippy::string_slice, reason = "tests cut pages at tags, which are ASCII")]

use pages::{Consent, Destination, Language, visible};

use crate::specimens::consent::{first_consent, hostile_consent};
use crate::specimens::problems::leaving;
use crate::specimens::{self, HOSTILE, hostile, hostile_frame, signed_in, signed_out, stranger};
use crate::tag::{decoded, tags};

const ELEMENTS: [&str; 41] = [
    "a", "article", "b", "bdi", "body", "button", "code", "dd", "details", "div", "dl", "dt", "footer", "form", "h1",
    "h2", "h3", "head", "header", "html", "input", "label", "li", "link", "main", "meta", "nav", "noscript", "ol", "p",
    "path", "s", "script", "section", "span", "summary", "svg", "time", "title", "ul", "!doctype",
];

#[test]
fn s_10_hostile_text_makes_no_element_and_no_handler() {
    for language in Language::ALL {
        for page in specimens::all(*language) {
            for tag in tags(&page.html) {
                assert!(
                    ELEMENTS.contains(&tag.name.trim_start_matches('/')),
                    "{}: {tag:?}",
                    page.name
                );
                assert!(
                    tag.attributes
                        .iter()
                        .all(|(name, _)| name.chars().all(|c| c.is_ascii_lowercase() || c == '-') || name == "viewBox"),
                    "{}: {tag:?}",
                    page.name
                );
            }
        }
    }
}

#[test]
fn s_10_no_page_shows_a_hidden_character() {
    for language in Language::ALL {
        for page in specimens::all(*language) {
            for tag in tags(&page.html) {
                assert!(
                    !tag.text.contains(['\u{202E}', '\u{200B}', '\u{1B}']),
                    "{}: {:?}",
                    page.name,
                    tag.text
                );
                for said in [tag.get("aria-label"), tag.get("data-failed")].into_iter().flatten() {
                    assert!(
                        !said.contains(['\u{202E}', '\u{200B}', '\u{1B}']),
                        "{}: {said:?}",
                        page.name
                    );
                }
            }
        }
    }
}

#[test]
fn s_10_a_field_gives_back_exactly_what_was_put_in() {
    let html = pages::consent(&hostile_frame(Language::English), &hostile_consent());
    let values: Vec<String> = tags(&html)
        .iter()
        .filter(|tag| tag.name == "input")
        .filter_map(|tag| tag.get("value").map(str::to_owned))
        .collect();
    assert_eq!(values, vec![HOSTILE; 6]);
}

#[test]
fn s_30_where_every_character_counts_look_alikes_are_told() {
    use pages::{Letters, exact};
    // Unicode names: FULLWIDTH DIGIT ONE, ARABIC-INDIC DIGIT ONE, MATHEMATICAL BOLD DIGIT ONE, CYRILLIC SMALL LETTER A, GREEK SMALL LETTER OMICRON, FULLWIDTH LATIN
    // SMALL LETTER A, MINUS SIGN, FRACTION SLASH, ROMAN NUMERAL ONE, SUPERSCRIPT TWO, HEBREW, KANJI.
    let table = [
        ("29.99", "29.99", Letters::Plain),
        ("Müller & Söhne", "Müller & Söhne", Letters::Plain),
        ("\u{ff11}00", "[U+FF11]00", Letters::Plain),
        ("\u{661}00", "[U+0661]00", Letters::Plain),
        ("\u{1d7cf}00", "[U+1D7CF]00", Letters::Plain),
        ("p\u{430}ypal", "p[U+0430]ypal", Letters::Plain),
        ("G\u{3bf}\u{3bf}gle", "G[U+03BF][U+03BF]gle", Letters::Plain),
        ("\u{ff41}cme", "[U+FF41]cme", Letters::Plain),
        ("\u{2212}5", "[U+2212]5", Letters::Plain),
        ("1\u{2044}2", "1[U+2044]2", Letters::Plain),
        ("\u{2160}", "[U+2160]", Letters::Plain),
        ("10\u{b2}", "10[U+00B2]", Letters::Plain),
        (
            "\u{41c}\u{43e}\u{441}\u{43a}\u{432}\u{430}",
            "\u{41c}\u{43e}\u{441}\u{43a}\u{432}\u{430}",
            Letters::Foreign,
        ),
        (
            "\u{5e9}\u{5dc}\u{5d5}\u{5dd}",
            "\u{5e9}\u{5dc}\u{5d5}\u{5dd}",
            Letters::Plain,
        ),
        ("\u{6771}\u{4eac}", "\u{6771}\u{4eac}", Letters::Plain),
        ("a\u{202e}b", "a[U+202E]b", Letters::Plain),
    ];
    for (text, shown, letters) in table {
        assert_eq!(exact(text, 100), (shown.to_owned(), letters), "{text}");
    }
}

#[test]
fn s_10_hidden_characters_become_visible() {
    let table = [
        ("a\u{202E}b", "a[U+202E]b"),
        ("\u{202A}\u{202B}\u{202C}\u{202D}", "[U+202A][U+202B][U+202C][U+202D]"),
        ("\u{2066}\u{2067}\u{2068}\u{2069}", "[U+2066][U+2067][U+2068][U+2069]"),
        ("\u{200E}\u{200F}\u{061C}", "[U+200E][U+200F][U+061C]"),
        ("pay\u{200B}pal", "pay[U+200B]pal"),
        (
            "\u{200C}\u{200D}\u{2060}\u{FEFF}\u{00AD}",
            "[U+200C][U+200D][U+2060][U+FEFF][U+00AD]",
        ),
        ("\u{1B}[31m", "[U+001B][31m"),
        ("\u{0}\u{7}\u{7F}\u{9B}", "[U+0000][U+0007][U+007F][U+009B]"),
        ("\u{E0041}\u{E000}\u{FFF9}\u{3164}", "[U+E0041][U+E000][U+FFF9][U+3164]"),
        ("Zoë 東京 עברית", "Zoë 東京 עברית"),
        ("<b>&\"'", "<b>&\"'"),
    ];
    for (text, wanted) in table {
        assert_eq!(visible(text, 200), wanted);
    }
}

#[test]
fn s_10_white_space_collapses() {
    assert_eq!(visible("  a \n\n\t\u{A0}\u{3000}\u{2028}b\r\n", 200), "a b");
    assert_eq!(visible(" \n\t\u{2003} ", 200), "");
}

#[test]
fn s_10_a_tower_of_marks_stops_growing() {
    assert_eq!(visible("e\u{301}\u{301}\u{301}", 200), "e\u{301}\u{301}\u{301}");
    assert_eq!(
        visible(&format!("e{}", "\u{301}".repeat(5)), 200),
        "e\u{301}\u{301}\u{301}[U+0301][U+0301]"
    );
}

#[test]
fn s_10_long_text_is_cut_with_a_mark() {
    assert_eq!(visible(&"x".repeat(60), 60), "x".repeat(60));
    assert_eq!(visible(&"x".repeat(61), 60), format!("{}…", "x".repeat(60)));
    assert_eq!(visible(&"é".repeat(10_000), 60), format!("{}…", "é".repeat(60)));
    assert_eq!(visible("ab\u{202E}cd", 5), "ab…", "a marker is never cut in two");
    assert_eq!(visible("ab   ", 2), "ab", "white space at the end cuts nothing");
}

#[test]
fn s_10_a_name_of_10_000_bytes_shows_60_characters_everywhere() {
    let name = "N".repeat(10_000);
    let app = pages::App {
        name: &name,
        ..stranger()
    };
    let item = pages::Item {
        scope: "s",
        words: &name,
    };
    let html = pages::consent(
        &signed_in(Language::English, ""),
        &Consent {
            app,
            items: vec![item],
            ..first_consent()
        },
    );
    let longest = html.split(|c| c != 'N').map(str::len).max();
    assert_eq!(longest, Some(200), "words are cut at 200");
    let html = pages::consent(
        &signed_in(Language::English, ""),
        &Consent {
            app: pages::App {
                name: &name,
                ..stranger()
            },
            ..first_consent()
        },
    );
    assert_eq!(
        html.split(|c| c != 'N').map(str::len).max(),
        Some(60),
        "names are cut at 60"
    );
    assert!(html.contains(&format!("<bdi>{}…</bdi>", "N".repeat(60))));
}

#[test]
fn s_10_a_host_is_shown_to_its_end() {
    let host = format!(
        "login.bank.example.{}.evil.example",
        "label.".repeat(30).trim_end_matches('.')
    );
    let app = pages::App {
        identity: pages::Identity::Document { host: &host },
        ..stranger()
    };
    let page = Consent {
        app,
        redirect_host: &host,
        destination: Destination::Host,
        ..first_consent()
    };
    let html = pages::consent(&signed_in(Language::English, ""), &page);
    assert_eq!(
        html.matches(&format!("<bdi>{host}</bdi>")).count(),
        2,
        "the end of a host tells whose it is"
    );
}

#[test]
fn s_10_a_name_that_nobody_verified_is_framed_as_a_claim() {
    let html = pages::consent(
        &signed_in(Language::English, ""),
        &Consent {
            app: stranger(),
            ..first_consent()
        },
    );
    assert!(html.contains("An app that calls itself “<bdi>Google Drive</bdi>” wants"));
    assert!(html.contains("Not verified by anyone."));
    let page = pages::SignIn {
        app: Some(stranger()),
        ..specimens::sign_in::bare_sign_in()
    };
    let html = pages::sign_in(&signed_out(Language::English, "/sign-in"), &page);
    let heading = &html[html.find("<h1").expect("a heading")..html.find("</h1>").expect("its end")];
    assert!(!heading.contains("Google Drive"));
    assert!(html.contains("It calls itself “<bdi>Google Drive</bdi>”"));
}

#[test]
fn s_10_an_app_without_a_name_is_called_so() {
    let app = pages::App {
        name: " \n ",
        ..stranger()
    };
    let html = pages::consent(&signed_in(Language::English, ""), &Consent { app, ..first_consent() });
    assert!(html.contains("<bdi>(no name)</bdi>"));
}

#[test]
fn s_10_names_cannot_fill_other_places_of_a_sentence() {
    for name in ["{ $place }", "{$app}", "\u{E000}", "\u{E001}\u{E001}", "%s {0}"] {
        let app = pages::App { name, ..stranger() };
        let html = pages::consent(&signed_in(Language::English, ""), &Consent { app, ..first_consent() });
        assert!(
            decoded(&html).contains(&format!(
                "<bdi>{}</bdi>” wants to use <bdi>Demo calendar</bdi>",
                visible(name, 60)
            )),
            "{name:?}"
        );
    }
}

#[test]
fn s_10_text_is_never_linked() {
    let app = pages::App {
        name: "https://evil.example/",
        ..hostile()
    };
    let item = pages::Item {
        scope: "s",
        words: "see www.evil.example or mail x@evil.example",
    };
    let html = pages::consent(
        &signed_in(Language::English, ""),
        &Consent {
            app,
            items: vec![item],
            ..first_consent()
        },
    );
    assert!(
        tags(&html)
            .iter()
            .all(|tag| tag.get("href").is_none_or(|href| !href.contains("evil")))
    );
}

#[test]
fn s_10_the_way_back_never_runs_in_this_browser() {
    let frame = signed_out(Language::English, "");
    for url in [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "blob:x",
        "file:///etc/passwd",
        "about:blank",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "\u{1}javascript:alert(1)",
        "//evil.example",
        "",
        "no-scheme",
    ] {
        let html = pages::leave(&frame, &leaving(url));
        assert!(
            tags(&html).iter().all(|tag| tag.get("id") != Some("continue")),
            "{url:?}"
        );
        assert!(html.contains("no address that is safe to follow"));
    }
    for url in [
        "https://app.example/cb",
        "http://127.0.0.1:3456/cb",
        "com.example.app:/cb",
    ] {
        let html = pages::leave(&frame, &leaving(url));
        assert!(
            tags(&html)
                .iter()
                .any(|tag| tag.get("id") == Some("continue") && tag.get("href") == Some(url)),
            "{url:?}"
        );
    }
}

#[test]
fn s_10_a_login_hint_that_hides_something_is_left_out() {
    let shown = |login| {
        let page = pages::SignIn {
            login,
            ..specimens::sign_in::bare_sign_in()
        };
        let html = pages::sign_in(&signed_out(Language::English, "/sign-in"), &page);
        crate::tag::by_id(&html, "login").get("value").map(str::to_owned)
    };
    assert_eq!(shown("alice@demo.test").as_deref(), Some("alice@demo.test"));
    assert_eq!(shown("\"><b>").as_deref(), Some("\"><b>"));
    assert_eq!(shown("alice\u{202E}tset.omed@").as_deref(), Some(""));
    assert_eq!(shown(&"a".repeat(321)).as_deref(), Some(""));
}
