//! Ceremonies that are not this one: of another browser, another purpose, another page, another time, or by a copied authenticator (WebAuthn s7.1, s7.2; S-08).

use serde_json::{Value, json};

use crate::{
    authenticator::{AT, Alg, Assertion, Authenticator, Registration, UP, UV, b64},
    passkeys::{Asked, account, at_the_door, good, is_in, is_out, passkeys, register, show, sign_in},
    people::Cast,
};

#[tokio::test]
async fn a_counter_that_does_not_rise_is_a_copy() {
    let cast = Cast::with("none").await;
    let key = Authenticator::new(Alg::Es256);
    register(&cast.world, &cast.browser, &key, "Laptop").await;
    for (counter, good) in [
        (0, true),
        (5, true),
        (5, false),
        (4, false),
        (0, false),
        (6, true),
        (u32::MAX, true),
        (1, false),
    ] {
        let page = sign_in(&cast.world, &key, &cast.alice, counter).await;
        assert_eq!(is_in(&page), good, "{counter}: {page:?}");
    }
}

#[tokio::test]
async fn s_08_a_ceremony_opens_in_its_browser_and_for_its_purpose_alone() {
    let cast = Cast::with("none").await;
    let key = Authenticator::new(Alg::Es256);
    register(&cast.world, &cast.browser, &key, "Laptop").await;
    let (_, theirs) = at_the_door(&cast.world).await;
    let (mut mine, asked) = at_the_door(&cast.world).await;
    let sealed = |asked: &Asked| {
        asked
            .form
            .fields
            .iter()
            .find(|(name, _)| name == "ceremony")
            .unwrap()
            .1
            .clone()
    };
    let credential = good(&cast.world, &key, &cast.alice, &theirs, 1).json(&key);
    let stolen = sealed(&theirs);
    let page = mine
        .post(
            &cast.world,
            &asked.form,
            &[("ceremony", &stolen), ("credential", &credential)],
        )
        .await;
    assert_eq!(
        page.problem().as_deref(),
        Some("invalid_request"),
        "another browser's: {page:?}"
    );
    assert_eq!(page.answer.status, 400);

    let mut browser = cast.browser.clone();
    let at_home = account(&cast.world, &mut browser).await;
    let credential = good(&cast.world, &key, &cast.alice, &at_home, 1).json(&key);
    cast.world.advance(1); // the sign-in was before the request
    let page = browser
        .visit(&cast.world, &cast.asking().with("prompt", Some("login")).path())
        .await;
    let door = crate::passkeys::asked(&page, "passkey");
    let page = browser
        .post(
            &cast.world,
            &door.form,
            &[("ceremony", &sealed(&at_home)), ("credential", &credential)],
        )
        .await;
    assert_eq!(page.answer.status, 400, "one for registering signs nobody in: {page:?}");
    let fresh = Authenticator::new(Alg::Es256);
    let credential = fresh.register(&door.challenge, &cast.world.issuer, &door.rp_id);
    let page = browser
        .post(
            &cast.world,
            &at_home.form,
            &[("ceremony", &sealed(&door)), ("credential", &credential)],
        )
        .await;
    assert_eq!(
        page.answer.status, 400,
        "one for signing in registers nothing: {page:?}"
    );
    assert_eq!(passkeys(&cast.world, &cast.alice).await.len(), 1);

    let whole = sealed(&asked);
    for broken in ["", "x", &whole[1..], &whole[..whole.len() - 1], &format!("{whole}A")] {
        let credential = good(&cast.world, &key, &cast.alice, &asked, 1).json(&key);
        let page = mine
            .post(
                &cast.world,
                &asked.form,
                &[("ceremony", broken), ("credential", &credential)],
            )
            .await;
        assert_eq!(page.answer.status, 400, "{broken}: {page:?}");
    }
}

#[tokio::test]
async fn a_ceremony_is_over_after_five_minutes() {
    let cast = Cast::with("none").await;
    let key = Authenticator::new(Alg::Es256);
    register(&cast.world, &cast.browser, &key, "Laptop").await;
    for (seconds, in_time) in [(299, true), (300, false), (86_400, false)] {
        let (mut browser, asked) = at_the_door(&cast.world).await;
        let credential = good(&cast.world, &key, &cast.alice, &asked, 0).json(&key);
        cast.world.advance(seconds);
        let page = show(&cast.world, &mut browser, &asked, &credential).await;
        assert_eq!(is_in(&page), in_time, "{seconds}: {page:?}");
        if !in_time {
            is_out(&page, 400, "too late");
        }
    }
}

#[tokio::test]
async fn what_an_authenticator_did_not_say_for_this_page_signs_nobody_in() {
    let cast = Cast::with("none").await;
    let bob = cast.world.person("bob@demo.test").await;
    let (key, other) = (Authenticator::new(Alg::Es256), Authenticator::new(Alg::EdDsa));
    register(&cast.world, &cast.browser, &key, "Laptop").await;
    let (mut browser, asked) = at_the_door(&cast.world).await;
    let whole = good(&cast.world, &key, &cast.alice, &asked, 1);
    let bent = |bend: &dyn Fn(&mut Assertion)| {
        let mut bent = whole.clone();
        bend(&mut bent);
        bent.json(&key)
    };
    let said = |name: &'static str, value: Value| bent(&|a: &mut Assertion| a.client_data[name] = value.clone());
    let good_text = whole.json(&key);
    let evil = cast.world.issuer.replace("127.0.0.1", "localhost");
    let cases: Vec<(&str, String)> = vec![
        ("another origin", said("origin", json!("https://evil.example"))),
        ("a name that looks the same", said("origin", json!(evil))),
        (
            "the origin with a slash",
            said("origin", json!(format!("{}/", cast.world.issuer))),
        ),
        ("a frame of another", said("crossOrigin", json!(true))),
        ("another ceremony", said("type", json!("webauthn.create"))),
        ("another challenge", said("challenge", json!(b64(&[7; 32])))),
        ("no challenge", said("challenge", json!(""))),
        (
            "another relying party",
            bent(&|a| a.data.rp_id = "evil.example".to_owned()),
        ),
        ("nobody present", bent(&|a| a.data.flags = UV)),
        (
            "a credential where none belongs",
            bent(&|a| a.data.flags = UP | UV | AT),
        ),
        (
            "another person's handle",
            bent(&|a| a.user_handle = Some(bob.id.as_bytes().to_vec())),
        ),
        ("no handle", bent(&|a| a.user_handle = None)),
        (
            "a handle that is nobody's",
            bent(&|a| a.user_handle = Some(b"x".to_vec())),
        ),
        ("another's signature", whole.json(&other)),
        ("another's credential id", bent(&|a| a.id = other.credential_id.clone())),
        ("no signature", whole.value(&[]).to_string()),
        ("a signature of zeros", whole.value(&[0; 70]).to_string()),
        ("counted after signing", {
            let mut later = whole.clone();
            later.data.counter = 9;
            later.value(&key.sign(&whole.signed())).to_string()
        }),
        (
            "a registration",
            key.register(&asked.challenge, &cast.world.issuer, &asked.rp_id),
        ),
        ("nothing", String::new()),
        ("no JSON", "x".to_owned()),
        ("too much JSON", "[".repeat(10_000)),
        ("cut", good_text[..good_text.len() - 1].to_owned()),
    ];
    for (what, credential) in &cases {
        is_out(&show(&cast.world, &mut browser, &asked, credential).await, 403, what);
    }
    assert!(
        is_in(&show(&cast.world, &mut browser.clone(), &asked, &good_text).await),
        "none of that has used the ceremony up"
    );
    // A passkey is the only thing shown: who finds a key must not get in with it (WebAuthn s7.2 step 17).
    let (mut browser, asked) = at_the_door(&cast.world).await;
    let mut other = good(&cast.world, &key, &cast.alice, &asked, 2);
    other.data.flags = UP;
    let page = show(&cast.world, &mut browser, &asked, &other.json(&key)).await;
    is_out(&page, 403, "one that asked for no PIN");
}

#[tokio::test]
async fn what_an_authenticator_did_not_make_for_this_page_is_not_registered() {
    let cast = Cast::with("none").await;
    let key = Authenticator::new(Alg::Es256);
    let mut browser = cast.browser.clone();
    let asked = account(&cast.world, &mut browser).await;
    let whole = key.registration(&asked.challenge, &cast.world.issuer, &asked.rp_id);
    let bent = |bend: &dyn Fn(&mut Registration)| {
        let mut bent = whole.clone();
        bend(&mut bent);
        bent.json()
    };
    let said = |name: &'static str, value: Value| bent(&|r: &mut Registration| r.client_data[name] = value.clone());
    let cases = [
        ("another origin", said("origin", json!("https://evil.example"))),
        ("another ceremony", said("type", json!("webauthn.get"))),
        ("another challenge", said("challenge", json!(b64(&[7; 32])))),
        (
            "another relying party",
            bent(&|r| r.data.rp_id = "evil.example".to_owned()),
        ),
        ("nobody present", bent(&|r| r.data.flags = AT)),
        ("no credential", bent(&|r| r.data.credential = None)),
        ("another id outside", bent(&|r| r.id = vec![9; 32])),
        (
            "an assertion",
            key.assert(&asked.challenge, &cast.world.issuer, &asked.rp_id, b"x"),
        ),
        ("nothing", String::new()),
    ];
    for (what, credential) in &cases {
        let page = browser
            .post(&cast.world, &asked.form, &[("credential", credential)])
            .await;
        assert_eq!(page.answer.status, 400, "{what}: {page:?}");
    }
    assert_eq!(passkeys(&cast.world, &cast.alice).await, []);
    let page = browser
        .post(&cast.world, &asked.form, &[("credential", &whole.json())])
        .await;
    assert_eq!(
        page.location(),
        Some("/account?passkey-added"),
        "none of that has used it up: {page:?}"
    );
}
