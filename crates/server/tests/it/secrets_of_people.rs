//! What people and their apps hold is written down nowhere (S-46), and is compared by digest and in constant time (S-42).

use proof::Algorithm;
use serde_json::json;
use testkit::{Asking, Browser, Key, Page, World};

use crate::{
    authenticator::{Alg, Authenticator},
    people::{CALLBACK, Cast, proof, tokens},
    secrecy::{Log, contains},
};

/// What was carried through the world, by name, and what the world said when it refused.
#[derive(Default)]
struct Carried {
    secrets: Vec<(String, String)>,
    said: Vec<String>,
}

impl Carried {
    fn keep(&mut self, what: &str, secret: &str) {
        self.secrets.push((what.to_owned(), secret.to_owned()));
    }

    /// Everything in a form or a cookie that nobody else may learn.
    fn keep_page(&mut self, page: &Page, form: &str) {
        for (name, value) in page.form(form).fields {
            if matches!(name.as_str(), "csrf" | "ceremony" | "request") && !value.is_empty() {
                self.keep(&format!("{name} of {form}"), &value);
            }
        }
    }

    fn keep_cookies(&mut self, browser: &Browser) {
        for (name, value) in &browser.cookies {
            self.keep(name, value);
        }
    }

    /// A refusal, whatever it says.
    fn heard(&mut self, text: &str) {
        self.said.push(text.to_owned());
    }
}

/// Signing in, in every way, right and wrong; and changing the locks.
async fn carry_sign_ins(cast: &Cast, carried: &mut Carried) {
    let world = &cast.world;
    carried.keep("password", &cast.alice.password);
    carried.keep_cookies(&cast.browser);
    let mut browser = Browser::new(world);
    let page = browser
        .visit(world, &cast.asking().with("prompt", Some("consent")).path())
        .await;
    carried.keep_page(&page, "sign-in");
    carried.keep_page(&page, "passkey");
    for (what, login, password) in [
        ("wrong password", cast.alice.login.as_str(), "canary: a wrong password"),
        ("password of nobody", "nobody@demo.test", "canary: nobody's password"),
        (
            "password in the wrong field",
            "canary: typed where the login belongs",
            "x",
        ),
    ] {
        carried.keep(what, if password == "x" { login } else { password });
        let fields = [("login", login), ("password", password)];
        browser.submit(world, &page, "sign-in", &fields).await;
    }
    let page = browser
        .sign_in(world, &page, &cast.alice.login, &cast.alice.password)
        .await;
    carried.keep_page(&page, "consent");
    carried.keep_cookies(&browser);
    browser.submit(world, &page, "consent", &[("decision", "deny")]).await;

    let mut browser = world.signed_in(&cast.alice).await;
    carried.keep_cookies(&browser);
    let page = browser.visit(world, "/account").await;
    for form in ["add-passkey", "make-codes", "change-password"] {
        carried.keep_page(&page, form);
    }
    let key = Authenticator::new(Alg::Es256);
    let options = page.answer.text.split("challenge&quot;:&quot;").nth(1);
    let options = options
        .or(page.answer.text.split("challenge&#34;:&#34;").nth(1))
        .unwrap();
    let challenge = options.split('&').next().unwrap();
    carried.keep("challenge", challenge);
    let challenge = proof::base64url::decode(challenge).unwrap();
    let credential = key.register(&challenge, &world.issuer, "127.0.0.1");
    for _ in 0..2 {
        browser
            .submit(world, &page, "add-passkey", &[("credential", &credential)])
            .await;
    }
    let page = browser.submit(world, &page, "make-codes", &[]).await;
    let codes: Vec<&str> = page
        .answer
        .text
        .split("<code>")
        .skip(1)
        .filter_map(|rest| rest.split('<').next())
        .collect();
    assert_eq!(codes.len(), 10);
    for code in &codes {
        carried.keep("recovery code", code);
        let mut stranger = Browser::new(world);
        let page = stranger.visit(world, "/sign-in/recovery").await;
        let fields = [("login", cast.alice.login.as_str()), ("code", *code)];
        for _ in 0..2 {
            let page = stranger.submit(world, &page, "recovery", &fields).await;
            carried.heard(&page.answer.text);
        }
        carried.keep_cookies(&stranger);
    }
    let page = browser.visit(world, "/account").await;
    for (current, new) in [
        ("canary: not the present one", "canary: the next password"),
        (&cast.alice.password, "canary: the next password"),
    ] {
        carried.keep("present password", current);
        carried.keep("new password", new);
        browser
            .submit(
                world,
                &page,
                "change-password",
                &[("current", current), ("password", new)],
            )
            .await;
    }
    browser
        .submit(
            world,
            &page,
            "change-password",
            &[("current", "x"), ("password", "canary: too long ".repeat(20).as_str())],
        )
        .await;
    carried.keep("too long a password", "canary: too long canary: too long");
    let page = browser.visit(world, "/sign-out").await;
    browser.submit(world, &page, "sign-out", &[]).await;
}

/// Codes and lines, right, replayed and wrong.
async fn carry_codes(cast: &Cast, carried: &mut Carried) {
    let world = &cast.world;
    let key = Key::new(Algorithm::ES256);
    for bound in [false, true] {
        let (asking, code) = cast.code().await;
        carried.keep("code", &code);
        carried.keep("secret part of a code", code.split_once('.').unwrap().1);
        carried.keep("verifier", &asking.verifier);
        let mut headers = Vec::new();
        if bound {
            headers.push(proof(world, &key).await);
            carried.keep("proof", &headers[0].1);
        }
        let wrong = Asking {
            verifier: "canary-verifier-canary-verifier-canary-verif".to_owned(),
            ..asking.clone()
        };
        carried.keep("wrong verifier", &wrong.verifier);
        carried.heard(&world.redeem(&cast.app, &wrong, &code, &[]).await.text);
        carried.heard(
            &world
                .redeem(&cast.app, &asking, &format!("{code}canary"), &[])
                .await
                .text,
        );
        let held = tokens(&world.redeem(&cast.app, &asking, &code, &headers).await);
        let mut line = vec![held];
        for _ in 0..2 {
            let mut headers = Vec::new();
            if bound {
                headers.push(proof(world, &key).await);
            }
            let newest = line.last().unwrap().refresh.clone();
            line.push(tokens(&world.refresh(&cast.app, &newest, &[], &headers).await));
        }
        for held in &line {
            carried.keep("refresh token", &held.refresh);
            carried.keep("its secret part", held.refresh.rsplit('.').next().unwrap());
            carried.keep("access token", &held.access);
        }
        carried.heard(&world.refresh(&cast.app, &line[0].refresh, &[], &[]).await.text);
        carried.heard(&world.redeem(&cast.app, &asking, &code, &[]).await.text);
        // And at wrong places.
        for secret in [&code, &line[0].refresh, &line[0].access, &asking.verifier] {
            for path in ["/oauth2/introspect", "/oauth2/revoke"] {
                let form = [("token", secret.clone())];
                carried.heard(&world.post(path, &[cast.gateway.basic()], &form).await.text);
            }
            carried.heard(&world.admin_as(secret, "GET", "/admin/v1/users", None).await.text);
            carried.heard(&world.refresh(&cast.app, secret, &[], &[]).await.text);
            for path in [
                "/sign-in",
                "/consent",
                "/agents",
                "/oauth2/authorize",
                "/oauth2/token",
                "/nowhere",
            ] {
                carried.heard(&world.get(&format!("{path}?request={secret}&code={secret}")).await.text);
            }
        }
    }
}

/// Clients that register themselves, and strangers at their registrations.
async fn carry_registrations(cast: &Cast, carried: &mut Carried) {
    let world = &cast.world;
    let rule = json!({ "registration": "initial_token" });
    assert_eq!(
        world
            .admin("PATCH", "/admin/v1/tenants/default", Some(&rule))
            .await
            .status,
        200
    );
    let initial = json!({ "name": "Onboarding", "reach": "registration" });
    let initial = world.admin("POST", "/admin/v1/administrators", Some(&initial)).await;
    let initial = initial.text_of("token").to_owned();
    carried.keep("initial access token", &initial);
    let send = async |method: &str, path: &str, token: &str| {
        let body = json!({ "client_name": "Itself", "redirect_uris": [CALLBACK], "client_secret": "canary-client-secret-of-nobody" });
        let headers = [
            ("authorization", format!("Bearer {token}")),
            ("content-type", "application/json".to_owned()),
        ];
        world.send(method, path, &headers, Some(body.to_string())).await
    };
    carried.keep("a secret that a client chose", "canary-client-secret-of-nobody");
    let made = send("POST", "/oauth2/register", &initial).await;
    assert_eq!(made.status, 201, "{made:?}");
    let token = made.text_of("registration_access_token").to_owned();
    carried.keep("registration access token", &token);
    carried.keep("client secret", made.text_of("client_secret"));
    let path = format!("/oauth2/register/{}", made.text_of("client_id"));
    carried.keep("wrong registration token", "canary-registration-access-token");
    for (method, token) in [
        ("GET", token.as_str()),
        ("GET", "canary-registration-access-token"),
        ("PUT", "canary-registration-access-token"),
        ("DELETE", &initial),
    ] {
        let answer = send(method, &path, token).await;
        if answer.status >= 400 {
            carried.heard(&answer.text);
        }
    }
    carried.heard(&send("POST", "/oauth2/register", &token).await.text);
}

#[tokio::test]
async fn s_46_what_people_and_their_apps_hold_is_written_down_nowhere() {
    let log = Log::default();
    let _guard = log.listen();
    let cast = Cast::with("none").await;
    let mut carried = Carried::default();
    carry_codes(&cast, &mut carried).await;
    carry_registrations(&cast, &mut carried).await;
    carry_sign_ins(&cast, &mut carried).await;
    let world: &World = &cast.world;
    world.flush().await;

    let entries = world
        .app
        .default_tenant()
        .unwrap()
        .events_before(None, 100_000)
        .await
        .unwrap();
    for kind in [
        "authorization.given",
        "authorization.denied",
        "code.replayed",
        "refresh.reused",
        "user.signed_in",
        "user.signed_out",
        "credential.changed",
    ] {
        assert!(
            entries.iter().any(|entry| entry.kind == kind),
            "{kind}: they were carried"
        );
    }
    let rows = entries
        .iter()
        .map(|entry| format!("{entry:?}\n"))
        .collect::<Vec<_>>()
        .concat();
    let disk = world.database_bytes().unwrap_or_default();
    let log = log.bytes();
    let said = carried.said.concat();
    assert!(carried.secrets.len() > 80, "{}", carried.secrets.len());
    for (what, secret) in &carried.secrets {
        assert!(secret.len() >= 19, "{what} is long enough to be nothing else");
        assert!(!contains(rows.as_bytes(), secret), "{what} is in an event");
        assert!(!contains(&disk, secret), "{what} is on the disk");
        assert!(!contains(&log, secret), "{what} is in the log");
        let own_page = what.ends_with(" of sign-in") || what.ends_with(" of passkey") || what.ends_with(" of consent");
        assert!(own_page || !contains(said.as_bytes(), secret), "{what} is in a refusal");
    }
}

/// A structural test, like the one of secrecy.rs: every look at a secret of people and their apps is a comparison of digests or MACs in constant time, or a look-up by digest.
#[test]
fn s_42_what_people_and_their_apps_show_is_compared_by_digest() {
    let code = include_str!("../../../kernel/src/authorization_code/rules.rs");
    let line = include_str!("../../../kernel/src/family.rs");
    let form = include_str!("../../src/browser/form_token.rs");
    let caller = include_str!("../../src/caller.rs");
    let sign_in = include_str!("../../src/browser/sign_in.rs");
    let tight = |source: &str| source.split_whitespace().collect::<String>();
    assert!(
        tight(code).contains("digest::same(digest::sha256_b64(secret.as_bytes()).as_bytes(),code.digest.as_bytes())")
    );
    assert!(
        tight(code)
            .contains("letdigest=digest::sha256_b64(verifier.as_bytes());if!is_verifier(verifier)||!digest::same(digest.as_bytes(),challenge.as_bytes())")
    );
    assert!(tight(line).contains("digest::same(mac(key,&self.family,self.generation).as_bytes(),self.mac.as_bytes())"));
    assert!(tight(form).contains("digest::same(good.as_bytes(),shown.as_bytes())"));
    assert!(tight(caller).contains("browser_session(&digest::sha256_b64(cookie.as_bytes()))"));
    assert!(tight(sign_in).contains("credential::recovery_digest(user,&code)"));
    for (name, source) in [("code", code), ("line", line), ("form", form)] {
        let own = source.split("#[cfg(test)]").next().unwrap();
        let own = own.replace("code.id == *id", "").replace("mac.len() == 43", ""); // an id and a length are no secrets
        for text in own.lines().filter(|text| text.contains("==") || text.contains("!=")) {
            assert!(
                !["secret", "digest", "verifier", "mac", "csrf", "shown.reveal"]
                    .iter()
                    .any(|word| text.contains(word)),
                "{name} compares with an operator: {text}"
            );
        }
    }
}
