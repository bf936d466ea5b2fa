//! What every page keeps to: structure, no inline code, nothing from elsewhere, small.

use pages::{CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY_THAT_LEADS_AWAY, Language, assets};

use crate::specimens::{self, BASE, HOSTILE, LONG_NAME, Specimen};
use crate::tag::{Tag, tags};

fn pages() -> impl Iterator<Item = (Language, Specimen)> {
    Language::ALL
        .iter()
        .flat_map(|language| specimens::all(*language).into_iter().map(|page| (*language, page)))
}

#[test]
fn every_page_has_language_title_skip_link_one_heading_and_unique_ids() {
    for (language, page) in pages() {
        let name = &page.name;
        let tags = tags(&page.html);
        let named = |wanted: &str| tags.iter().filter(|tag| tag.name == wanted).collect::<Vec<&Tag>>();
        assert!(page.html.starts_with("<!doctype html>"), "{name}");
        assert_eq!(
            (named("html")[0].get("lang"), named("html")[0].get("dir")),
            (Some(language.tag()), Some("ltr")),
            "{name}"
        );
        assert!(named("title").len() == 1 && named("title")[0].text.len() > 3, "{name}");
        assert_eq!(named("a")[0].get("href"), Some("#content"), "{name}");
        assert_eq!(
            (named("main").len(), named("h1").len(), named("footer").len()),
            (1, 1, 1),
            "{name}"
        );
        let mut ids: Vec<_> = tags.iter().filter_map(|tag| tag.get("id")).collect();
        let before = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), before, "{name}");
    }
}

#[test]
fn every_field_has_a_label() {
    for (_, page) in pages() {
        let tags = tags(&page.html);
        for input in tags.iter().filter(|tag| {
            tag.name == "input" && matches!(tag.get("type"), Some("text" | "password")) && tag.get("hidden").is_none()
        }) {
            let id = input.get("id").expect("an id");
            assert!(
                tags.iter().any(|tag| tag.name == "label" && tag.get("for") == Some(id)),
                "{}: {id}",
                page.name
            );
        }
    }
}

#[test]
fn no_page_has_inline_script_or_style() {
    for (_, page) in pages() {
        for tag in tags(&page.html) {
            assert!(
                tag.name != "style" && tag.get("style").is_none(),
                "{}: {tag:?}",
                page.name
            );
            assert!(
                tag.attributes.iter().all(|(name, _)| !name.starts_with("on")),
                "{}: {tag:?}",
                page.name
            );
            if tag.name == "script" {
                assert!(
                    tag.get("src").is_some() && tag.text.is_empty(),
                    "{}: {tag:?}",
                    page.name
                );
            }
        }
    }
}

#[test]
fn only_pages_with_passkeys_and_answers_that_are_posted_have_a_script() {
    for (_, page) in pages() {
        let scripts = tags(&page.html).iter().filter(|tag| tag.name == "script").count();
        let signed = page.name.starts_with("approval") && page.html.contains("data-ceremony=");
        let wanted = usize::from(
            signed
                || ["sign-in", "account", "form-post"]
                    .iter()
                    .any(|start| page.name.starts_with(start)),
        );
        assert_eq!(scripts, wanted, "{}", page.name);
    }
}

#[test]
fn every_link_and_action_stays_below_the_base_but_the_way_back() {
    for (_, page) in pages() {
        for tag in tags(&page.html) {
            for (name, value) in &tag.attributes {
                if matches!(
                    name.as_str(),
                    "href" | "src" | "action" | "formaction" | "poster" | "srcset" | "data"
                ) {
                    let ours = value.starts_with(&format!("{BASE}/"))
                        || value == BASE // the start page
                        || value == "#content"
                        || matches!(tag.get("id"), Some("continue" | "form-post"));
                    assert!(ours, "{}: {tag:?}", page.name);
                }
            }
            assert!(
                !matches!(tag.name.as_str(), "iframe" | "img" | "object" | "embed" | "base"),
                "{}: {tag:?}",
                page.name
            );
        }
    }
}

#[test]
fn footers_offer_the_languages_where_the_page_can_be_asked_for_again() {
    let links = |here| {
        let html = pages::signed_out(&specimens::signed_out(Language::German, here));
        tags(&html)
            .iter()
            .filter(|tag| tag.get("hreflang").is_some())
            .map(|tag| tag.get("href").unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(links("/agents"), ["/t/demo/agents?lang=en", "/t/demo/agents?lang=de"]);
    assert_eq!(
        links("/sign-in/recovery?request=x"),
        [
            "/t/demo/sign-in/recovery?request=x&lang=en",
            "/t/demo/sign-in/recovery?request=x&lang=de"
        ]
    );
    assert_eq!(links(""), Vec::<String>::new());
}

#[test]
fn s_09_both_policies_forbid_frames_inline_code_and_other_origins() {
    for policy in [CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY_THAT_LEADS_AWAY] {
        let directives: Vec<&str> = policy.split("; ").collect();
        for wanted in [
            "default-src 'none'",
            "style-src 'self'",
            "script-src 'self'",
            "img-src 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(directives.contains(&wanted), "{policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains('*') && !policy.contains("http"));
    }
    assert!(CONTENT_SECURITY_POLICY.contains("form-action 'self'"));
    assert!(
        !CONTENT_SECURITY_POLICY_THAT_LEADS_AWAY.contains("form-action"),
        "Chromium applies it to the redirect to the app"
    );
}

#[test]
fn a_first_view_is_at_most_50_000_bytes() {
    let assets: usize = assets::ALL.iter().map(|asset| asset.bytes.len()).sum();
    for (_, page) in pages().filter(|(_, page)| !page.name.ends_with("-many")) {
        assert!(
            assets + page.html.len() <= 50_000,
            "{}: {} + {}",
            page.name,
            assets,
            page.html.len()
        );
    }
}

#[test]
fn debug_tells_no_form_secret() {
    let debug = format!(
        "{:?} {:?} {:?}",
        specimens::sign_in::bare_sign_in(),
        specimens::account::usual_account(),
        specimens::signed_in(Language::English, "")
    );
    assert!(!debug.contains(specimens::CSRF) && !debug.contains(specimens::CEREMONY));
}

#[test]
fn the_specimens_are_what_they_say() {
    assert_eq!(LONG_NAME.chars().count(), 60);
    assert!(HOSTILE.contains('\u{202E}') && HOSTILE.contains('\u{1B}'));
}
