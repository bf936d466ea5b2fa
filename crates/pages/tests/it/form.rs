//! Ids, names and fields that browsers' helpers, the server and scripts of others rely on.

#![expect(clippy::string_slice, reason = "tests cut pages at tags, which are ASCII")]

use pages::{Account, Consent, Language, PasswordState, Recovery, SignIn, Signout};

use crate::specimens::account::usual_account;
use crate::specimens::agents::two_agents;
use crate::specimens::consent::first_consent;
use crate::specimens::problems::{bad_request, leaving};
use crate::specimens::sign_in::{PASSKEY_ONLY, bare_sign_in};
use crate::specimens::{
    BASE, CEREMONY, CREATE_OPTIONS, CSRF, GET_OPTIONS, REQUEST, atlas, read, signed_in, signed_out, write,
};
use crate::tag::{Tag, by_id, hidden, inside, tags};

fn fields(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// The form posts there and carries exactly these hidden fields.
fn assert_form(html: &str, form: &Tag, path: &str, carried: &[(&str, &str)]) {
    assert_eq!(form.name, "form");
    assert_eq!(form.get("method"), Some("post"));
    assert_eq!(form.get("action"), Some(format!("{BASE}{path}").as_str()));
    assert_eq!(hidden(&tags(html), form), fields(carried));
}

fn assert_input(html: &str, id: &str, name: &str, kind: &str, autocomplete: &str) {
    let input = by_id(html, id);
    let seen = (input.get("name"), input.get("type"), input.get("autocomplete"));
    assert_eq!(seen, (Some(name), Some(kind), Some(autocomplete)), "#{id}");
}

fn with_class(html: &str, class: &str) -> Vec<Tag> {
    tags(html)
        .into_iter()
        .filter(|tag| {
            tag.get("class")
                .is_some_and(|classes| classes.split(' ').any(|c| c == class))
        })
        .collect()
}

#[test]
fn sign_in_has_the_password_form_and_the_passkey_form_first() {
    let html = pages::sign_in(
        &signed_out(Language::English, "/sign-in"),
        &pages::SignIn {
            login: "alice@demo.test",
            ..bare_sign_in()
        },
    );
    let password = by_id(&html, "sign-in");
    assert_form(&html, &password, "/sign-in", &[("csrf", CSRF), ("request", REQUEST)]);
    assert_input(&html, "login", "login", "text", "username webauthn");
    assert_eq!(by_id(&html, "login").get("value"), Some("alice@demo.test"));
    assert_input(&html, "password", "password", "password", "current-password");
    assert_eq!(by_id(&html, "sign-in-button").name, "button");
    let passkey = by_id(&html, "passkey");
    assert_form(
        &html,
        &passkey,
        "/sign-in/passkey",
        &[
            ("ceremony", CEREMONY),
            ("credential", ""),
            ("csrf", CSRF),
            ("request", REQUEST),
        ],
    );
    assert_eq!(passkey.get("data-options"), Some(GET_OPTIONS));
    let button = by_id(&html, "sign-in-passkey");
    assert_eq!((button.get("type"), button.get("hidden")), (Some("button"), Some("")));
    assert!(passkey.at < password.at, "the passkey stands first");
    let recovery = by_id(&html, "use-recovery-code");
    assert_eq!(
        recovery.get("href"),
        Some("/t/demo/sign-in/recovery?request=sealed%2Brequest%2F%3D")
    );
}

#[test]
fn recovery_takes_a_name_and_a_code() {
    let page = Recovery {
        request: REQUEST,
        csrf: CSRF,
        login: "",
        problem: None,
    };
    let html = pages::recovery(&signed_out(Language::English, ""), &page);
    assert_form(
        &html,
        &by_id(&html, "recovery"),
        "/sign-in/recovery",
        &[("csrf", CSRF), ("request", REQUEST)],
    );
    assert_input(&html, "login", "login", "text", "username");
    assert_input(&html, "code", "code", "text", "one-time-code");
    assert_eq!(by_id(&html, "recovery-button").name, "button");
}

#[test]
fn consent_posted_untouched_allows_all_and_each_item_can_be_left_out() {
    let page = Consent {
        items: vec![write()],
        decided: vec![read()],
        ..first_consent()
    };
    let html = pages::consent(&signed_in(Language::English, ""), &page);
    let form = by_id(&html, "consent");
    assert_form(&html, &form, "/consent", &[("csrf", CSRF), ("request", REQUEST)]);
    let all = tags(&html);
    let boxes: Vec<&Tag> = inside(&all, &form)
        .iter()
        .filter(|tag| tag.get("type") == Some("checkbox"))
        .collect();
    let scopes: Vec<_> = boxes
        .iter()
        .map(|tag| (tag.get("name"), tag.get("value"), tag.get("checked")))
        .collect();
    assert_eq!(
        scopes,
        [
            (Some("without"), Some("calendar:write"), None),
            (Some("without"), Some("calendar:read"), None)
        ]
    );
}

#[test]
fn deny_stands_before_allow_and_both_name_the_decision() {
    let html = pages::consent(&signed_in(Language::English, ""), &first_consent());
    let all = tags(&html);
    let buttons: Vec<_> = inside(&all, &by_id(&html, "consent"))
        .iter()
        .filter(|tag| tag.name == "button")
        .map(|tag| (tag.get("id"), tag.get("name"), tag.get("value")))
        .collect();
    assert_eq!(
        buttons,
        [
            (Some("deny"), Some("decision"), Some("deny")),
            (Some("allow"), Some("decision"), Some("allow"))
        ]
    );
}

#[test]
fn what_is_forbidden_has_no_field() {
    let page = Consent {
        items: vec![read()],
        forbidden: vec![write()],
        ..first_consent()
    };
    let html = pages::consent(
        &signed_in(Language::English, ""),
        &Consent {
            details: Vec::new(),
            ..page
        },
    );
    assert!(html.contains("<s><bdi>add and change appointments</bdi></s>"));
    assert!(!html.contains("calendar:write"));
}

#[test]
fn s_09_allow_takes_no_click_and_no_key_for_half_a_second_without_script() {
    let style = pages::assets::ALL
        .iter()
        .find(|asset| asset.content_type.starts_with("text/css"))
        .expect("a style sheet");
    let style = str::from_utf8(style.bytes).expect("text");
    assert!(style.contains("#allow { animation: settle 500ms step-end; }"));
    assert!(style.contains("@keyframes settle { from { pointer-events: none; interactivity: inert; }"));
    let reduced = &style[style.find("prefers-reduced-motion").expect("the query")..];
    assert!(
        !reduced[..reduced.find("\n}").expect("its end")].contains("animation"),
        "less motion does not open the button earlier"
    );
}

#[test]
fn each_grant_each_agent_and_all_can_be_stopped() {
    let page = pages::Agents {
        csrf: CSRF,
        agents: two_agents(),
        notice: None,
    };
    let html = pages::agents(&signed_in(Language::English, "/agents"), &page);
    let clients: Vec<_> = with_class(&html, "agent")
        .iter()
        .map(|tag| (tag.name.clone(), tag.get("data-client").map(str::to_owned)))
        .collect();
    let client = |id: &str| ("article".to_owned(), Some(id.to_owned()));
    assert_eq!(
        clients,
        [client("https://atlas.example/client.json"), client("dyn-7f3a")]
    );
    let grants: Vec<_> = with_class(&html, "grant")
        .iter()
        .map(|tag| (tag.name.clone(), tag.get("data-grant").map(str::to_owned)))
        .collect();
    let grant = |id: &str| ("li".to_owned(), Some(id.to_owned()));
    assert_eq!(grants, [grant("grant-1"), grant("grant-2"), grant("grant-3")]);
    for (form, id) in with_class(&html, "stop").iter().zip(["grant-1", "grant-2", "grant-3"]) {
        assert_form(&html, form, "/agents/stop", &[("csrf", CSRF), ("grant", id)]);
    }
    assert_eq!(
        (with_class(&html, "stop").len(), with_class(&html, "stop-grant").len()),
        (3, 3)
    );
    for (form, id) in with_class(&html, "stop-agent")
        .iter()
        .zip(["https://atlas.example/client.json", "dyn-7f3a"])
    {
        assert_form(&html, form, "/agents/stop", &[("client", id), ("csrf", CSRF)]);
    }
    let all = by_id(&html, "stop-all");
    assert_form(&html, &all, "/agents/stop", &[("all", "yes"), ("csrf", CSRF)]);
    let opened = html[..all.at].matches("<details").count() - html[..all.at].matches("</details").count();
    assert_eq!(opened, 1, "stopping all asks once more, by a fold");
}

#[test]
fn a_grant_without_a_live_connection_stands_on_the_page() {
    let mut agents = two_agents();
    agents.truncate(1);
    agents[0].grants.remove(0);
    assert_eq!(agents[0].grants[0].live, pages::Live::Nothing);
    let html = pages::agents(
        &signed_in(Language::English, "/agents"),
        &pages::Agents {
            csrf: CSRF,
            agents,
            notice: None,
        },
    );
    assert!(html.contains("No connection now, but what you allowed stands"));
    assert_eq!(with_class(&html, "stop-grant").len(), 1);
}

#[test]
fn account_has_its_forms() {
    let html = pages::account(&signed_in(Language::English, "/account"), &usual_account());
    let add = by_id(&html, "add-passkey");
    assert_form(
        &html,
        &add,
        "/account/passkeys",
        &[("ceremony", CEREMONY), ("credential", ""), ("csrf", CSRF)],
    );
    assert_eq!(add.get("data-options"), Some(CREATE_OPTIONS));
    assert_eq!(by_id(&html, "passkey-name").get("name"), Some("name"));
    let button = by_id(&html, "add-passkey-button");
    assert_eq!((button.get("type"), button.get("hidden")), (Some("button"), Some("")));
    for (form, id) in with_class(&html, "remove-passkey").iter().zip(["pk-1", "pk-2"]) {
        assert_form(
            &html,
            form,
            "/account/passkeys/remove",
            &[("csrf", CSRF), ("passkey", id)],
        );
    }
    assert_form(
        &html,
        &by_id(&html, "change-password"),
        "/account/password",
        &[("csrf", CSRF)],
    );
    assert_input(&html, "current", "current", "password", "current-password");
    assert_input(&html, "password", "password", "password", "new-password");
    assert_form(
        &html,
        &by_id(&html, "make-codes"),
        "/account/recovery-codes",
        &[("csrf", CSRF)],
    );
    let ends = with_class(&html, "end-session");
    assert_eq!(
        ends.len(),
        2,
        "the browser that looks at the page signs out in the header"
    );
    assert_form(
        &html,
        &ends[0],
        "/account/sessions/end",
        &[("csrf", CSRF), ("session", "s-2")],
    );
    assert_form(
        &html,
        &by_id(&html, "end-others"),
        "/account/sessions/end",
        &[("csrf", CSRF), ("others", "yes")],
    );
    assert!(!html.contains("fresh-codes\""));
}

#[test]
fn who_has_no_password_is_not_asked_for_it() {
    let page = Account {
        password: PasswordState::None,
        ..usual_account()
    };
    let html = pages::account(&signed_in(Language::English, "/account"), &page);
    assert!(tags(&html).iter().all(|tag| tag.get("name") != Some("current")));
}

#[test]
fn fresh_codes_are_a_list() {
    let page = Account {
        fresh_codes: vec!["k7qm-2x2v".to_owned(), "a1b2-c3d4".to_owned()],
        ..usual_account()
    };
    let html = pages::account(&signed_in(Language::English, "/account"), &page);
    assert_eq!(by_id(&html, "fresh-codes").name, "ol");
    assert!(html.contains("<li><code>k7qm-2x2v</code></li><li><code>a1b2-c3d4</code></li>"));
}

#[test]
fn the_header_signs_out_and_leads_to_agents_and_account() {
    let html = pages::home(
        &signed_in(Language::English, "/"),
        &pages::Home {
            issuer: "https://id.demo.test",
        },
    );
    assert_form(&html, &by_id(&html, "sign-out"), "/sign-out", &[("csrf", CSRF)]);
    let links: Vec<_> = tags(&html)
        .iter()
        .filter_map(|tag| tag.get("href").map(str::to_owned))
        .collect();
    assert!(links.contains(&format!("{BASE}/agents")) && links.contains(&format!("{BASE}/account")));
    let stranger = pages::home(
        &signed_out(Language::English, "/"),
        &pages::Home {
            issuer: "https://id.demo.test",
        },
    );
    assert!(!stranger.contains("sign-out"));
}

#[test]
fn the_sign_out_page_asks_once() {
    let html = pages::sign_out(
        &signed_out(Language::English, "/sign-out"),
        &Signout {
            csrf: CSRF,
            app: None,
            after: "",
            after_host: "app.example",
        },
    );
    assert_form(&html, &by_id(&html, "sign-out-page"), "/sign-out", &[("csrf", CSRF)]);
}

#[test]
fn problem_pages_carry_their_code_and_reference() {
    let html = pages::problem(&signed_out(Language::English, ""), &bad_request());
    let main = by_id(&html, "content");
    assert_eq!(
        (main.name.as_str(), main.get("data-problem")),
        ("main", Some("invalid_request"))
    );
    assert_eq!(by_id(&html, "request-id").name, "code");
    assert!(html.contains("<code id=\"request-id\">01KB2Q5W8N7Z</code>"));
}

#[test]
fn leaving_is_a_link_and_nothing_goes_by_itself() {
    let url = "https://app.example/callback?error=invalid_request&state=a%20b";
    let html = pages::leave(&signed_out(Language::English, ""), &leaving(url));
    let link = by_id(&html, "continue");
    assert_eq!((link.name.as_str(), link.get("href")), ("a", Some(url)));
    assert_eq!(by_id(&html, "content").get("data-problem"), Some("invalid_request"));
    assert!(!html.contains("http-equiv") && !html.contains("<script"));
}

#[test]
fn where_a_passkey_is_demanded_nothing_less_is_offered_and_nobody_is_stuck() {
    let page = SignIn {
        app: Some(atlas()),
        ways: PASSKEY_ONLY,
        ..bare_sign_in()
    };
    let html = pages::sign_in(&signed_in(Language::English, ""), &page);
    for id in ["sign-in", "use-recovery-code"] {
        assert!(!html.contains(&format!("id=\"{id}\"")), "{id} is not enough here");
    }
    assert_form(
        &html,
        &by_id(&html, "cannot"),
        "/consent",
        &[("csrf", CSRF), ("request", REQUEST)],
    );
    assert_eq!(
        by_id(&html, "add-one").get("href"),
        Some("/t/demo/sign-in?request=%2Faccount%3Frequest%3Dsealed%252Brequest%252F%253D"),
        "the request goes along, encoded once for each address that it stands in"
    );
}
