//! How often something may be tried: each address and each login by itself, whatever a request says of where it comes from (S-24, S-39).

use std::net::{IpAddr, Ipv4Addr};

use serde_json::json;
use testkit::{Answer, World};

use crate::{
    client_documents::{CALLBACK, document, sent},
    document_host::DocumentHost,
    setup::refused,
};

/// An address of this machine.
fn from(last: u8) -> IpAddr {
    Ipv4Addr::new(127, 0, 0, last).into()
}

async fn limited(sign_ins: Option<u32>, registrations: Option<u32>, failures: u32) -> World {
    let world = World::with_settings(|settings| {
        settings.limits = server::Limits {
            sign_ins_per_minute: sign_ins,
            registrations_per_minute: registrations,
            failures_per_login_per_minute: failures,
            ..settings.limits
        };
    })
    .await;
    let open = world
        .admin(
            "PATCH",
            "/admin/v1/tenants/default",
            Some(&json!({ "registration": "open" })),
        )
        .await;
    assert_eq!(open.status, 200, "{open:?}");
    world
}

/// Sends a form of the sign-in page from an address, with its cookie and token.
async fn try_from(
    world: &World,
    address: IpAddr,
    path: &str,
    fields: &[(&str, &str)],
    more: &[(&str, String)],
) -> Answer {
    let page = world
        .send_from(address, "GET", "/sign-in", &[("accept", "text/html".to_owned())], "")
        .await;
    assert_eq!(page.status, 200, "looking is free: {page:?}");
    let cookie = page.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let (_, rest) = page.text.split_once(r#"name="csrf" value=""#).unwrap();
    let mut body = format!("csrf={}", rest.split_once('"').unwrap().0);
    for (name, value) in fields {
        body.push('&');
        body.push_str(
            &url::form_urlencoded::Serializer::new(String::new())
                .append_pair(name, value)
                .finish(),
        );
    }
    let mut headers = vec![
        ("accept", "text/html".to_owned()),
        ("cookie", cookie),
        ("content-type", "application/x-www-form-urlencoded".to_owned()),
    ];
    headers.extend(more.iter().cloned());
    world.send_from(address, "POST", path, &headers, &body).await
}

async fn sign_in_from(world: &World, address: IpAddr, login: &str, password: &str) -> Answer {
    try_from(
        world,
        address,
        "/sign-in",
        &[("login", login), ("password", password)],
        &[],
    )
    .await
}

fn too_many(answer: &Answer, what: &str) {
    assert_eq!(answer.status, 429, "{what}: {answer:?}");
    let wait: u64 = answer
        .header("retry-after")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    assert!((1..=60).contains(&wait), "{what}: {answer:?}");
}

#[tokio::test]
async fn s_39_an_address_may_try_to_sign_in_so_often_and_no_header_gives_it_another() {
    let world = limited(Some(4), None, 1_000).await;
    let alice = world.person("alice@demo.test").await;
    for n in 0..2 {
        let answer = sign_in_from(&world, from(2), &format!("nobody-{n}@demo.test"), "wrong").await;
        assert_eq!(answer.status, 403, "{answer:?}");
    }
    // Every way to sign in counts.
    let by_passkey = try_from(
        &world,
        from(2),
        "/sign-in/passkey",
        &[("ceremony", "x"), ("credential", "{}")],
        &[],
    )
    .await;
    assert_eq!(by_passkey.status, 400, "{by_passkey:?}");
    let by_code = try_from(
        &world,
        from(2),
        "/sign-in/recovery",
        &[("login", "nobody@demo.test"), ("code", "x")],
        &[],
    )
    .await;
    assert_eq!(by_code.status, 403, "{by_code:?}");
    too_many(&sign_in_from(&world, from(2), &alice.login, "wrong").await, "the fifth");
    too_many(
        &sign_in_from(&world, from(2), &alice.login, &alice.password).await,
        "the right password is not even looked at",
    );
    too_many(
        &try_from(
            &world,
            from(2),
            "/sign-in/recovery",
            &[("login", &alice.login), ("code", "x")],
            &[],
        )
        .await,
        "a recovery code",
    );
    too_many(
        &try_from(
            &world,
            from(2),
            "/sign-in/passkey",
            &[("ceremony", "x"), ("credential", "{}")],
            &[],
        )
        .await,
        "a passkey",
    );
    // What a request says of its own origin is not asked: no proxy is configured.
    for (name, value) in [
        ("x-forwarded-for", "192.0.2.7"),
        ("x-forwarded-for", "192.0.2.8, 192.0.2.9"),
        ("x-real-ip", "192.0.2.7"),
        ("x-client-ip", "192.0.2.7"),
        ("true-client-ip", "192.0.2.7"),
        ("cf-connecting-ip", "192.0.2.7"),
        ("forwarded", "for=192.0.2.7"),
    ] {
        let fields = [("login", alice.login.as_str()), ("password", alice.password.as_str())];
        too_many(
            &try_from(&world, from(2), "/sign-in", &fields, &[(name, value.to_owned())]).await,
            name,
        );
    }
    // Others are not touched, and neither is anything else of this address.
    assert_eq!(
        sign_in_from(&world, from(3), &alice.login, &alice.password)
            .await
            .status,
        303,
        "another address"
    );
    assert_eq!(
        world.send_from(from(2), "GET", "/oauth2/jwks", &[], "").await.status,
        200
    );
    // Tries come back one by one.
    world.advance(14);
    too_many(
        &sign_in_from(&world, from(2), &alice.login, &alice.password).await,
        "after 14 seconds",
    );
    world.advance(1);
    assert_eq!(
        sign_in_from(&world, from(2), &alice.login, &alice.password)
            .await
            .status,
        303,
        "a quarter of a minute"
    );
    too_many(
        &sign_in_from(&world, from(2), &alice.login, &alice.password).await,
        "and no second one",
    );
}

#[tokio::test]
async fn s_39_tenants_have_limits_of_their_own_and_none_means_none() {
    let world = limited(Some(2), Some(2), 1_000).await;
    let acme = world.tenant_by_path("acme").await;
    for _ in 0..2 {
        sign_in_from(&world, from(2), "nobody@demo.test", "wrong").await;
    }
    too_many(
        &sign_in_from(&world, from(2), "nobody@demo.test", "wrong").await,
        "the root",
    );
    let at_acme = world
        .send_from(
            from(2),
            "GET",
            &acme.path("/sign-in"),
            &[("accept", "text/html".to_owned())],
            "",
        )
        .await;
    let cookie = at_acme
        .header("set-cookie")
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let csrf = at_acme
        .text
        .split_once(r#"name="csrf" value=""#)
        .unwrap()
        .1
        .split_once('"')
        .unwrap()
        .0
        .to_owned();
    let headers = [
        ("cookie", cookie),
        ("content-type", "application/x-www-form-urlencoded".to_owned()),
    ];
    let answer = world
        .send_from(
            from(2),
            "POST",
            &acme.path("/sign-in"),
            &headers,
            &format!("csrf={csrf}&login=x&password=y"),
        )
        .await;
    assert_eq!(
        answer.status, 403,
        "one tenant's people are not locked out by another's: {answer:?}"
    );

    let world = limited(None, None, 1_000).await;
    for _ in 0..40 {
        assert_eq!(sign_in_from(&world, from(2), "nobody@demo.test", "").await.status, 403);
        let body = json!({ "redirect_uris": [CALLBACK] }).to_string();
        let made = world
            .send_from(
                from(2),
                "POST",
                "/oauth2/register",
                &[("content-type", "application/json".to_owned())],
                &body,
            )
            .await;
        assert_eq!(
            made.status, 201,
            "behind a proxy every address is the proxy's: {made:?}"
        );
    }
}

#[tokio::test]
async fn s_39_behind_a_proxy_the_address_is_the_one_that_the_proxy_wrote() {
    let world = World::with_settings(|settings| {
        settings.peers = server::Peers::Forwarded;
        settings.limits.sign_ins_per_minute = Some(2);
    })
    .await;
    let proxy = from(1);
    let tries = async |header: &[(&str, String)]| {
        let fields = [("login", "nobody@demo.test"), ("password", "wrong")];
        try_from(&world, proxy, "/sign-in", &fields, header).await
    };
    let forwarded = |value: &str| vec![("x-forwarded-for", value.to_owned())];
    assert_eq!(tries(&forwarded("198.51.100.1")).await.status, 403);
    assert_eq!(tries(&forwarded("198.51.100.1:4711")).await.status, 403, "with a port");
    // What stood in the header before, the visitor wrote.
    for lie in [
        "203.0.113.9, 198.51.100.1",
        "203.0.113.10,198.51.100.1",
        " 198.51.100.1 ",
    ] {
        too_many(&tries(&forwarded(lie)).await, lie);
    }
    let two = [forwarded("203.0.113.11"), forwarded("198.51.100.1")].concat();
    too_many(&tries(&two).await, "two headers are one list (RFC 9110 s5.3)");
    for other in [
        "198.51.100.2",
        "198.51.100.1, 198.51.100.3",
        "[2001:db8::1]:443",
        "2001:db8:1::1",
    ] {
        assert_eq!(tries(&forwarded(other)).await.status, 403, "{other}");
    }
    too_many_of_six(&world, proxy).await;
}

#[tokio::test]
async fn s_39_the_word_of_listed_proxies_counts_and_of_nobody_else() {
    let world = World::with_settings(|settings| {
        settings.peers = server::Peers::Listed(server::Proxies {
            addresses: ["127.0.0.1/32", "10.0.0.0/8"]
                .map(|text| text.parse().unwrap())
                .to_vec(),
            certificate: None,
        });
        settings.limits.sign_ins_per_minute = Some(2);
    })
    .await;
    let tries = async |address: IpAddr, value: &str| {
        let fields = [("login", "nobody@demo.test"), ("password", "wrong")];
        let header = [("x-forwarded-for", value.to_owned())];
        try_from(&world, address, "/sign-in", &fields, &header).await
    };
    let proxy = from(1);
    // The last entry that is no proxy, through as many as there are; what stands before it is hearsay.
    assert_eq!(tries(proxy, "198.51.100.1").await.status, 403);
    assert_eq!(tries(proxy, "203.0.113.1, 198.51.100.1, 10.0.0.9").await.status, 403);
    for same in [
        "198.51.100.1",
        "203.0.113.2, 198.51.100.1",
        "10.0.0.8, 198.51.100.1",
        "203.0.113.3, 198.51.100.1, 10.0.0.9, 10.0.0.8",
        "garbage, 198.51.100.1, 10.0.0.9",
        "::ffff:198.51.100.1",
    ] {
        too_many(&tries(proxy, same).await, same);
    }
    assert_eq!(tries(proxy, "198.51.100.1, 198.51.100.2").await.status, 403);
    // Who is no proxy has the address of the connection, whatever the header says.
    assert_eq!(tries(from(2), "198.51.100.3").await.status, 403);
    assert_eq!(tries(from(2), "198.51.100.4").await.status, 403);
    too_many(&tries(from(2), "198.51.100.5").await, "a stranger's header");
    assert_eq!(
        tries(from(3), "127.0.0.2").await.status,
        403,
        "and uses up nobody else's"
    );
    // All of them proxies: the first one asks.
    assert_eq!(tries(proxy, "10.0.0.5, 10.0.0.9").await.status, 403);
    assert_eq!(tries(proxy, "10.0.0.5").await.status, 403);
    too_many(&tries(proxy, "10.0.0.5, 10.0.0.8").await, "a proxy that asks by itself");
}

/// Two tries from one /64 behind the proxy, and a third.
async fn too_many_of_six(world: &World, proxy: IpAddr) {
    let fields = [("login", "nobody@demo.test"), ("password", "wrong")];
    let header = |end: u8| [("x-forwarded-for", format!("2001:db8:2::{end}"))];
    for end in [1, 2] {
        assert_eq!(
            try_from(world, proxy, "/sign-in", &fields, &header(end)).await.status,
            403
        );
    }
    too_many(
        &try_from(world, proxy, "/sign-in", &fields, &header(3)).await,
        "the third of one customer",
    );
}

#[tokio::test]
async fn s_39_a_login_has_so_many_failures_from_anywhere() {
    let world = limited(None, None, 3).await;
    let (alice, bob) = (
        world.person("alice@demo.test").await,
        world.person("bob@demo.test").await,
    );
    for login in [alice.login.as_str(), "nobody@demo.test"] {
        for n in 0..3 {
            let answer = sign_in_from(&world, from(10 + n), login, "wrong").await;
            assert_eq!(answer.status, 403, "{login}: {answer:?}");
        }
        // Known or not, however it is spelled, from wherever: the same answer.
        for spelled in [login.to_owned(), login.to_uppercase(), format!(" {login} ")] {
            let answer = sign_in_from(&world, from(20), &spelled, "wrong").await;
            if spelled.starts_with(' ') && answer.status == 403 {
                continue; // it is another login, and names nobody
            }
            too_many(&answer, &spelled);
        }
        // Who guesses at passwords locks nobody out of their recovery codes; those have a limit of their own.
        let by_code = || async {
            let fields = [("login", login), ("code", "x")];
            try_from(&world, from(20), "/sign-in/recovery", &fields, &[]).await
        };
        for _ in 0..3 {
            assert_eq!(by_code().await.status, 403, "{login}");
        }
        too_many(&by_code().await, "by recovery code");
    }
    too_many(
        &sign_in_from(&world, from(30), &alice.login, &alice.password).await,
        "the right password does not tell itself apart",
    );
    assert_eq!(
        sign_in_from(&world, from(20), &bob.login, &bob.password).await.status,
        303,
        "another login, from the same address"
    );
    // Good ones do not count.
    for _ in 0..6 {
        assert_eq!(
            sign_in_from(&world, from(20), &bob.login, &bob.password).await.status,
            303
        );
    }
    world.advance(20);
    assert_eq!(
        sign_in_from(&world, from(30), &alice.login, &alice.password)
            .await
            .status,
        303,
        "a try every twenty seconds"
    );
    // Nor does a wrong recovery code lock out of the password.
    for _ in 0..3 {
        let answer = try_from(
            &world,
            from(20),
            "/sign-in/recovery",
            &[("login", &bob.login), ("code", "wrong")],
            &[],
        )
        .await;
        assert_eq!(answer.status, 403, "{answer:?}");
    }
    assert_eq!(
        sign_in_from(&world, from(20), &bob.login, &bob.password).await.status,
        303
    );
}

#[tokio::test]
async fn s_24_an_address_may_register_so_often() {
    let world = limited(None, Some(3), 10).await;
    let body = json!({ "client_name": "Spam", "redirect_uris": [CALLBACK] }).to_string();
    let register = async |address: IpAddr, more: &[(&str, String)], body: &str| {
        let mut headers = vec![("content-type", "application/json".to_owned())];
        headers.extend(more.iter().cloned());
        world
            .send_from(address, "POST", "/oauth2/register", &headers, body)
            .await
    };
    assert_eq!(register(from(2), &[], "{").await.status, 400, "a broken one counts too");
    for _ in 0..2 {
        assert_eq!(register(from(2), &[], &body).await.status, 201);
    }
    for n in 0..20 {
        let lie = [("x-forwarded-for", format!("192.0.2.{n}"))];
        let answer = register(from(2), &lie, &body).await;
        refused(&answer, 429, "too_many_requests", "the fourth");
        too_many(&answer, "the fourth");
    }
    let count = world.admin("GET", "/admin/v1/clients", None).await.body["clients"]
        .as_array()
        .unwrap()
        .len();
    assert_eq!(count, 2);
    assert_eq!(register(from(3), &[], &body).await.status, 201, "another address");
    let bearer = [("authorization", format!("Bearer {}", world.admin_token))];
    for _ in 0..5 {
        assert_eq!(
            register(from(2), &bearer, &body).await.status,
            201,
            "with a token nobody counts"
        );
    }
    world.advance(20);
    assert_eq!(register(from(2), &[], &body).await.status, 201);
    refused(
        &register(from(2), &[], &body).await,
        429,
        "too_many_requests",
        "one every twenty seconds",
    );
}

#[tokio::test]
async fn s_23_a_host_is_asked_for_documents_so_often() {
    let (world, host) = (World::new().await, DocumentHost::new().await);
    let mut refused = 0;
    for batch in 0..152 {
        let ids: Vec<String> = (0..4).map(|n| host.id(&format!("{batch}-{n}.json"))).collect();
        for page in futures_util::future::join_all(ids.iter().map(|id| sent(&world, id))).await {
            match page.answer.status {
                429 => {
                    too_many(&page.answer, "one more");
                    refused += 1;
                }
                _ => assert_eq!(page.answer.status, 400, "{page:?}"),
            }
        }
    }
    assert_eq!(
        (refused, host.connections().await),
        (8, 600),
        "600 a minute, and not one connection more"
    );
    let other = format!("http://127.0.0.1:{}/other.json", host.port);
    host.serves("other.json", &document(&other), &[]);
    assert!(sent(&world, &other).await.location().is_some(), "another host");
    world.advance(1);
    let id = host.id("good.json");
    host.serves("good.json", &document(&id), &[]);
    assert!(
        sent(&world, &id).await.location().is_some(),
        "a second later there is room"
    );
}
