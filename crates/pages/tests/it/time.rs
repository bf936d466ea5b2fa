//! Moments in words, absolute and relative at once. Expected values were made with `date -u -d @N`.

#![expect(clippy::string_slice, reason = "tests cut pages at tags, which are ASCII")]

use pages::{AccountNotice, Agents, Consent, History, Language};

use crate::specimens::account::usual_account;
use crate::specimens::agents::{grant, two_agents};
use crate::specimens::consent::first_consent;
use crate::specimens::{CSRF, NOW, TOMORROW_AT_NINE, signed_in};

fn same(language: Language, last_at: i64) -> String {
    let html = pages::consent(
        &signed_in(language, ""),
        &Consent {
            history: History::Same { last_at },
            ..first_consent()
        },
    );
    let start = html.find("<time").expect("a time");
    let rest = &html[start..];
    rest[..rest.find("</span></li>").expect("its end")]
        .replace("<span class=\"away\">", "")
        .replace("</span>", "")
}

#[test]
fn moments_are_absolute_and_relative() {
    let table = [
        (NOW, "2026-11-26T19:00:00Z", "26 Nov 2026 19:00 UTC", "just now"),
        (NOW - 59, "2026-11-26T18:59:01Z", "26 Nov 2026 18:59 UTC", "just now"),
        (
            NOW - 60,
            "2026-11-26T18:59:00Z",
            "26 Nov 2026 18:59 UTC",
            "1 minute ago",
        ),
        (
            NOW - 3_599,
            "2026-11-26T18:00:01Z",
            "26 Nov 2026 18:00 UTC",
            "59 minutes ago",
        ),
        (
            NOW - 3_600,
            "2026-11-26T18:00:00Z",
            "26 Nov 2026 18:00 UTC",
            "1 hour ago",
        ),
        (
            NOW - 172_799,
            "2026-11-24T19:00:01Z",
            "24 Nov 2026 19:00 UTC",
            "47 hours ago",
        ),
        (
            NOW - 172_800,
            "2026-11-24T19:00:00Z",
            "24 Nov 2026 19:00 UTC",
            "2 days ago",
        ),
        (
            1_772_236_800,
            "2026-02-28T00:00:00Z",
            "28 Feb 2026 00:00 UTC",
            "8 months ago",
        ),
        (
            1_709_208_000,
            "2024-02-29T12:00:00Z",
            "29 Feb 2024 12:00 UTC",
            "2 years ago",
        ),
        (0, "1970-01-01T00:00:00Z", "1 Jan 1970 00:00 UTC", "56 years ago"),
        (i64::MIN, "1970-01-01T00:00:00Z", "1 Jan 1970 00:00 UTC", "56 years ago"),
        (
            i64::MAX,
            "9999-12-31T23:59:59Z",
            "31 Dec 9999 23:59 UTC",
            "in 7973 years",
        ),
    ];
    for (at, machine, people, away) in table {
        assert_eq!(
            same(Language::English, at),
            format!("<time dir=\"auto\" datetime=\"{machine}\">{people}</time> ({away})")
        );
    }
}

#[test]
fn german_moments_follow_german_order_and_cases() {
    let table = [
        (NOW - 60, "26. Nov. 2026, 18:59 UTC", "vor 1 Minute"),
        (NOW - 7_200, "26. Nov. 2026, 17:00 UTC", "vor 2 Stunden"),
        (NOW - 5 * 86_400, "21. Nov. 2026, 19:00 UTC", "vor 5 Tagen"),
        (1_772_236_800, "28. Feb. 2026, 00:00 UTC", "vor 8 Monaten"),
        (0, "1. Jan. 1970, 00:00 UTC", "vor 56 Jahren"),
    ];
    for (at, people, away) in table {
        assert!(
            same(Language::German, at).ends_with(&format!(">{people}</time> ({away})")),
            "{}",
            same(Language::German, at)
        );
    }
}

#[test]
fn what_ends_says_when_and_in_how_long() {
    let mut agents = two_agents();
    agents[0].grants = vec![grant("g")];
    assert_eq!(TOMORROW_AT_NINE - NOW, 14 * 3_600);
    let page = Agents {
        csrf: CSRF,
        agents,
        notice: None,
    };
    let html = pages::agents(&signed_in(Language::English, "/agents"), &page);
    assert!(html.contains("27 Nov 2026 09:00 UTC</time> (<span class=\"away\">in 14 hours</span>)"));
    let html = pages::agents(&signed_in(Language::German, "/agents"), &page);
    assert!(html.contains("27. Nov. 2026, 09:00 UTC</time> (<span class=\"away\">in 14 Stunden</span>)"));
}

#[test]
fn what_lasts_for_half_a_year_is_said_in_days_until_it_ends() {
    for (left, said) in [
        (180 * 86_400 - 5, "in 179 days"),
        (93 * 86_400, "in 93 days"),
        (47 * 3_600, "in 47 hours"),
        (500 * 86_400, "in 16 months"),
    ] {
        let mut agents = two_agents();
        agents[0].grants = vec![pages::GrantRow {
            expires_at: Some(NOW + left),
            ..grant("g")
        }];
        let page = Agents {
            csrf: CSRF,
            agents,
            notice: None,
        };
        let html = pages::agents(&signed_in(Language::English, "/agents"), &page);
        assert!(html.contains(&format!("<span class=\"away\">{said}</span>")), "{said}");
    }
}

#[test]
fn spans_are_said_in_the_case_their_sentence_needs() {
    let table = [
        (30 * 86_400, "after 30 days.", "nach 30 Tagen."),
        (3_600, "after 1 hour.", "nach 1 Stunde."),
        (900, "after 15 minutes.", "nach 15 Minuten."),
        (90 * 86_400, "after 90 days.", "nach 90 Tagen."),
        (5, "after less than a minute.", "nach weniger als einer Minute."),
        (i64::MAX, "after 292277024626 years.", "nach 292277024626 Jahren."),
    ];
    for (lasts_seconds, english, german) in table {
        for (language, wanted) in [(Language::English, english), (Language::German, german)] {
            let html = pages::consent(
                &signed_in(language, ""),
                &Consent {
                    lasts_seconds,
                    ..first_consent()
                },
            );
            assert!(html.contains(wanted), "{wanted}");
        }
    }
}

#[test]
fn plurals_agree_with_their_numbers() {
    let codes = |language, left| {
        let page = pages::Account {
            recovery_codes_left: left,
            notice: Some(AccountNotice::CodesMade),
            ..usual_account()
        };
        pages::account(&signed_in(language, "/account"), &page)
    };
    for (left, english, german) in [
        (0, "You have no codes.", "Sie haben keine Codes."),
        (1, "You have one code left.", "Sie haben noch einen Code."),
        (2, "You have 2 codes left.", "Sie haben noch 2 Codes."),
    ] {
        assert!(codes(Language::English, left).contains(english));
        assert!(codes(Language::German, left).contains(german));
    }
}
