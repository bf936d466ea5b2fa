//! PKCE: S256, always, and the verifier is checked (S-04; RFC 7636, OAuth 2.1 s4.1, RFC 9700 s2.1.1).

use proof::digest;
use testkit::{Answer, App, Asking};

use crate::{
    front::{Front, WEB, code, refused_at},
    setup::MCP,
};

#[tokio::test]
async fn s_04_without_an_s256_challenge_there_is_no_code() {
    let front = Front::new().await;
    let secret = App::confidential(&front.world, WEB).await;
    let mut alice = front.browser().await;
    for app in [&front.app, &secret] {
        let asking = Asking::new(app, Some(MCP), Some("read"));
        let challenge = asking.get("code_challenge").to_owned();
        let method = |value: Option<&str>| asking.clone().with("code_challenge_method", value);
        let with = |value: &str| asking.clone().with("code_challenge", Some(value));
        let mut last_bit = challenge.clone();
        last_bit.pop();
        last_bit.push('B'); // bits that no 32 bytes have
        for (asking, what) in [
            (method(None).with("code_challenge", None), "nothing at all"),
            (
                asking.clone().with("code_challenge", None),
                "a method without a challenge",
            ),
            (method(None), "no method is plain"),
            (method(Some("")), "an empty method is none"),
            (method(Some("plain")), "plain"),
            (method(Some("s256")), "s256"),
            (method(Some("S256 plain")), "two methods"),
            (method(Some("S512")), "S512"),
            (with(""), "an empty challenge"),
            (with(&challenge[..42]), "42 characters"),
            (with(&format!("{challenge}A")), "44 characters"),
            (with(&format!("{challenge}=")), "padding"),
            (with(&last_bit), "bits beyond the end"),
            (
                with(&format!("{}+", &challenge[..42])),
                "a character of the other alphabet",
            ),
            (with(&format!("{} ", &challenge[..42])), "white space"),
            (with(&challenge.repeat(3)), "129 characters"),
        ] {
            let page = alice.get(&front.world, &asking.path()).await;
            refused_at(&page, &asking, "invalid_request", what);
            let quiet = asking.with("prompt", Some("none"));
            let page = alice.get(&front.world, &quiet.path()).await;
            refused_at(&page, &quiet, "invalid_request", what);
        }
        let page = alice.agree(&front.world, &front.alice, &asking).await;
        code(&page);
    }
    front
        .world
        .shows(&["Pkce/IsPkceRequired", "Pkce/PlainPkceDisabled", "Features/PlainPkce"]);
}

#[tokio::test]
async fn s_04_a_standing_yes_needs_a_challenge_too() {
    let front = Front::new().await;
    let mut alice = front.browser().await;
    alice.agree(&front.world, &front.alice, &front.asking("read")).await;
    let asking = front.asking("read");
    let page = alice.get(&front.world, &asking.path()).await;
    code(&page); // nothing is asked any more
    let without = asking.with("code_challenge", None).with("code_challenge_method", None);
    let page = alice.get(&front.world, &without.path()).await;
    refused_at(&page, &without, "invalid_request", "no challenge");
}

/// A code that was asked for with this verifier's challenge.
async fn code_for(front: &Front, app: &App, verifier: &str) -> (Asking, String) {
    let mut browser = front.browser().await;
    let asking = Asking::new(app, Some(MCP), Some("read"))
        .with("code_challenge", Some(&digest::sha256_b64(verifier.as_bytes())));
    let page = browser.agree(&front.world, &front.alice, &asking).await;
    let code = code(&page);
    (asking, code)
}

async fn redeem(front: &Front, app: &App, code: &str, verifier: Option<&str>) -> Answer {
    let mut form = vec![
        ("grant_type", "authorization_code".to_owned()),
        ("code", code.to_owned()),
        ("redirect_uri", app.redirect_uri.clone()),
    ];
    form.extend(verifier.map(|verifier| ("code_verifier", verifier.to_owned())));
    front.world.as_app(app, &form, &[]).await
}

#[tokio::test]
async fn s_04_a_code_is_worth_nothing_without_its_verifier() {
    let front = Front::new().await;
    let secret = App::confidential(&front.world, WEB).await;
    for app in [&front.app, &secret] {
        let verifier = "v".repeat(43);
        let (asking, code) = code_for(&front, app, &verifier).await;
        let challenge = asking.get("code_challenge").to_owned();
        for (wrong, what) in [
            (None, "none"),
            (Some(String::new()), "an empty one"),
            (Some("w".repeat(43)), "another one"),
            (Some(challenge), "the challenge itself, as if it were plain"),
            (Some(verifier[..42].to_owned()), "a part of it"),
            (Some(format!("{verifier}v")), "more than it"),
            (Some(verifier.to_uppercase()), "in other letters"),
            (Some(format!("{verifier}\n")), "with a line end"),
        ] {
            let answer = redeem(&front, app, &code, wrong.as_deref()).await;
            assert_eq!(
                (answer.status, answer.error()),
                (400, "invalid_grant"),
                "{what}: {answer:?}"
            );
        }
        let answer = redeem(&front, app, &code, Some(&verifier)).await;
        assert_eq!(answer.status, 200, "and with it: {answer:?}");
    }
    front.world.shows(&[
        "Pkce/IsPkceImplemented",
        "Pkce/IsPkceTokenDowngradeDetected",
        "DocumentSupport/RFC7636Supported",
    ]);
}

#[tokio::test]
async fn s_04_a_verifier_has_43_to_128_unreserved_characters_also_when_it_fits() {
    let front = Front::new().await;
    for (verifier, good) in [
        ("a".repeat(42), false),
        ("a".repeat(43), true),
        ("a".repeat(128), true),
        ("a".repeat(129), false),
        (format!("{}-._~AZaz09", "a".repeat(40)), true),
        (format!("{}+", "a".repeat(43)), false),
        (format!("{}/", "a".repeat(43)), false),
        (format!("{}=", "a".repeat(43)), false),
        (format!("{} ", "a".repeat(43)), false),
        (format!("{}\u{e4}", "a".repeat(43)), false),
        ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned(), true), // RFC 7636 App. B
    ] {
        let (_, code) = code_for(&front, &front.app, &verifier).await;
        let answer = redeem(&front, &front.app, &code, Some(&verifier)).await;
        let expected = if good { (200, "") } else { (400, "invalid_grant") };
        assert_eq!((answer.status, answer.error()), expected, "{verifier}: {answer:?}");
    }
    front.world.shows(&["Pkce/ShortVerifier"]);
}

#[tokio::test]
async fn s_04_the_challenges_of_two_flows_cannot_be_swapped() {
    let front = Front::new().await;
    let (one, other) = ("1".repeat(43), "2".repeat(43));
    let (_, of_one) = code_for(&front, &front.app, &one).await;
    let (_, of_other) = code_for(&front, &front.app, &other).await;
    for (code, wrong, right) in [(&of_one, &other, &one), (&of_other, &one, &other)] {
        let answer = redeem(&front, &front.app, code, Some(wrong)).await;
        assert_eq!((answer.status, answer.error()), (400, "invalid_grant"), "{answer:?}");
        let answer = redeem(&front, &front.app, code, Some(right)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

#[tokio::test]
async fn s_04_the_answer_tells_neither_verifier_nor_challenge() {
    let front = Front::new().await;
    let mut alice = front.browser().await;
    let asking = front.asking("read");
    let page = front.consent_page(&mut alice, &asking).await;
    for secret in [
        asking.verifier.as_str(),
        asking.get("code_challenge"),
        asking.get("state"),
    ] {
        assert!(!page.answer.text.contains(secret), "the page carries it sealed");
    }
    let page = front.answer(&mut alice, &page, &[("decision", "allow")]).await;
    let location = page.location().unwrap();
    assert!(
        !location.contains(asking.get("code_challenge")) && !location.contains(&asking.verifier),
        "{location}"
    );
}
