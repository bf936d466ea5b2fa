//! `prokura client`.

use serde_json::{Value, json};
use testkit::World;

use crate::command::{Desk, RESOURCE, pem, typed, world_with_resource};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_is_made_and_its_secret_gets_a_token() {
    let (world, desk) = world_with_resource().await;
    let made = desk
        .run(&[
            "client",
            "create",
            "--name",
            "Report agent",
            "--id",
            "report-agent",
            "--scope",
            "read",
            "--resource",
            RESOURCE,
        ])
        .expect(0);
    assert_eq!(
        (made.line("client"), made.line("name")),
        ("report-agent", "Report agent")
    );
    assert_eq!(
        (made.line("signs in with"), made.line("grant types")),
        ("client_secret_basic", "client_credentials")
    );
    assert!(made.err.contains("shown this once"), "{made:?}");

    let secret = made.line("secret").to_owned();
    assert_eq!(token(&world, "report-agent", &secret).await, 200);
    assert_eq!(made.all().matches(&secret).count(), 1, "the secret is printed once");

    // And never again, whatever is asked.
    for arguments in [
        vec!["client", "list"],
        vec!["client", "show", "report-agent"],
        vec!["event", "list"],
        vec!["grant", "list"],
    ] {
        for format in ["table", "json"] {
            let ran = desk
                .run(&[arguments.as_slice(), &["--output", format]].concat())
                .expect(0);
            assert!(
                !ran.all().contains(&secret) && !ran.all().contains(&world.admin_token),
                "{ran:?}"
            );
        }
    }
    world.end().await;
}

async fn token(world: &World, client: &str, secret: &str) -> u16 {
    let form = [
        ("grant_type", "client_credentials".to_owned()),
        ("resource", RESOURCE.to_owned()),
    ];
    let basic = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("{client}:{secret}"));
    world
        .post("/oauth2/token", &[("authorization", format!("Basic {basic}"))], &form)
        .await
        .status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_goes_to_a_private_file_and_not_to_the_terminal() {
    let (world, desk) = world_with_resource().await;
    let made = desk
        .run(&typed(
            "client create --name a --id a --method client_secret_post --out a.secret",
        ))
        .expect(0);
    let secret = desk.read("a.secret").trim().to_owned();
    assert!(secret.len() >= 43 && !made.all().contains(&secret), "{made:?}");
    assert_eq!(desk.mode("a.secret"), 0o600);
    assert_eq!(
        desk.json(&["client", "show", "a"])["grant_types"],
        json!(["client_credentials"]),
        "a method was named, so it may get tokens"
    );

    // A file that is there is not overwritten, and then nothing is asked of the server.
    desk.run(&typed("client create --name b --id b --out a.secret"))
        .expect(1);
    desk.run(&["client", "show", "b"]).expect(3);
    // A refusal leaves no file behind.
    desk.run(&typed("client create --name a --id a --out b.secret"))
        .expect(5);
    assert!(!desk.path("b.secret").exists());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotated_secret_ends_the_old_one() {
    let (world, desk) = world_with_resource().await;
    let old = desk
        .run(&[
            "client",
            "create",
            "--name",
            "a",
            "--id",
            "a",
            "--scope",
            "read",
            "--resource",
            RESOURCE,
        ])
        .expect(0)
        .line("secret")
        .to_owned();
    let new = desk
        .run(&["client", "rotate-secret", "a"])
        .expect(0)
        .line("secret")
        .to_owned();
    assert_eq!(
        (token(&world, "a", &old).await, token(&world, "a", &new).await),
        (401, 200)
    );
    desk.run(&["client", "rotate-secret", "nobody"]).expect(3);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_pair_is_made_and_only_its_public_half_leaves() {
    let (world, desk) = world_with_resource().await;
    for (id, alg, curve) in [("es", "ES256", "P-256"), ("ed", "EdDSA", "Ed25519")] {
        let file = format!("{id}.jwk");
        let made = desk
            .run(&[
                "client",
                "create",
                "--name",
                id,
                "--id",
                id,
                "--generate-key",
                &file,
                "--alg",
                alg,
                "--scope",
                "read",
                "--resource",
                RESOURCE,
            ])
            .expect(0);
        assert_eq!(made.line("signs in with"), "private_key_jwt");
        let private: Value = serde_json::from_str(&desk.read(&file)).unwrap();
        assert_eq!((desk.mode(&file), &private["crv"]), (0o600, &json!(curve)));
        let shown = desk.json(&["client", "show", id]);
        let public = &shown["jwks"]["keys"][0];
        assert_eq!(
            (&public["x"], &public["kid"], public.get("d")),
            (&private["x"], &private["kid"], None)
        );
        let d = private["d"].as_str().unwrap();
        assert!(!made.all().contains(d) && world.database_bytes().is_none_or(|bytes| !contains(&bytes, d)));
    }
    // Refused: the key that nobody knows is not left behind; one that was there is not touched.
    desk.run(&typed("client create --name x --id es --generate-key x.jwk"))
        .expect(5);
    assert!(!desk.path("x.jwk").exists());
    let before = desk.read("es.jwk");
    desk.run(&typed("client create --name x --id x --generate-key es.jwk"))
        .expect(1);
    assert_eq!(desk.read("es.jwk"), before);
    world.end().await;
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn registered_keys_come_from_a_file_and_private_ones_are_kept_back() {
    let (world, desk) = world_with_resource().await;
    // RFC 8037 A.1 and A.2: an Ed25519 key, whole and public.
    let public =
        json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": "mine" });
    let mut private = public.clone();
    private["d"] = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A".into();
    desk.write("public.jwk", &public.to_string());
    desk.write("set.json", &json!({ "keys": [public] }).to_string());
    desk.write("private.jwk", &private.to_string());
    desk.write("junk.json", "[]");

    desk.run(&typed("client create --name a --id a --jwks public.jwk"))
        .expect(0);
    desk.run(&typed("client create --name b --id b --jwks set.json"))
        .expect(0);
    assert_eq!(
        desk.json(&["client", "show", "a"])["jwks"],
        desk.json(&["client", "show", "b"])["jwks"]
    );

    let refused = desk
        .run(&typed("client create --name c --id c --jwks private.jwk"))
        .expect(1);
    assert!(
        refused.err.contains("private key") && !refused.all().contains("nWGxne"),
        "{refused:?}"
    );
    desk.run(&typed("client create --name c --id c --jwks junk.json"))
        .expect(1);
    desk.run(&typed("client create --name c --id c --jwks absent.json"))
        .expect(1);
    desk.run(&["client", "show", "c"]).expect(3);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_is_changed_disabled_and_enabled() {
    let (world, desk) = world_with_resource().await;
    let secret = desk
        .run(&[
            "client",
            "create",
            "--name",
            "a",
            "--id",
            "a",
            "--scope",
            "read",
            "--resource",
            RESOURCE,
        ])
        .expect(0)
        .line("secret")
        .to_owned();
    let changed = desk.json(&[
        "client",
        "change",
        "a",
        "--name",
        "New name",
        "--token-alg",
        "es256",
        "--introspect-everything",
        "true",
    ]);
    assert_eq!(
        (
            &changed["client_name"],
            &changed["access_token_signed_response_alg"],
            &changed["introspects_everything"]
        ),
        (&json!("New name"), &json!("ES256"), &json!(true))
    );
    desk.run(&["client", "change", "a"]).expect(2);

    desk.run(&["client", "disable", "a"]).expect(0);
    assert_eq!(token(&world, "a", &secret).await, 401);
    assert!(
        desk.run(&["client", "list"])
            .expect(0)
            .out
            .lines()
            .any(|line| line.starts_with("a ") && line.ends_with("disabled"))
    );
    desk.run(&["client", "enable", "a"]).expect(0);
    assert_eq!(token(&world, "a", &secret).await, 200);

    desk.run(&typed("client change a --require-dpop true")).expect(0);
    assert_eq!(token(&world, "a", &secret).await, 400, "no proof, no token");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_without_grant_type_can_only_introspect_and_is_told_so() {
    let (world, desk) = world_with_resource().await;
    let made = desk
        .run(&typed(
            "client create --name gateway --id gateway --introspect-everything",
        ))
        .expect(0);
    assert!(made.err.contains("it gets no tokens"), "{made:?}");
    assert_eq!(desk.json(&["client", "show", "gateway"])["grant_types"], json!([]));
    assert!(
        desk.run(&["client", "show", "gateway"])
            .expect(0)
            .out
            .contains("no grants")
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_follow_every_page() {
    let world = World::new().await;
    let desk = Desk::of(&world);
    let empty = desk.run(&["resource", "list"]).expect(0);
    assert!(
        empty.out.is_empty() && empty.err.contains("no resources yet"),
        "{empty:?}"
    );
    // More than one page of 500.
    for n in 0..501 {
        world
            .resource(&format!("https://api.example.com/{n:03}?a=b&c=%20"), &[])
            .await;
    }
    let found = desk.json(&["resource", "list"]);
    let found: Vec<&str> = found["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["resource"].as_str().unwrap())
        .collect();
    assert_eq!(found.len(), 501);
    assert!(found.is_sorted_by(|a, b| a < b), "each once");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_prints_the_request_and_changes_nothing() {
    let (world, desk) = world_with_resource().await;
    let dry = desk
        .run(&typed(
            "client create --name a --id a --scope read --generate-key a.jwk --out a.secret --dry-run",
        ))
        .expect(0);
    assert!(
        dry.out
            .starts_with(&format!("POST {}/admin/v1/clients\n{{", world.issuer)),
        "{dry:?}"
    );
    assert!(
        dry.out.contains("\"scope\": \"read\"") && dry.err.contains("nothing was sent"),
        "{dry:?}"
    );
    assert!(!dry.all().contains(&world.admin_token) && !desk.path("a.jwk").exists() && !desk.path("a.secret").exists());
    let json = desk.json(&typed("client disable a --dry-run"));
    assert_eq!(
        json,
        json!({ "method": "PATCH", "url": format!("{}/admin/v1/clients/a", world.issuer), "body": { "disabled": true } })
    );
    desk.run(&["client", "show", "a"]).expect(3);
    assert_eq!(world.events("client.created").await, 0);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grant_type_has_a_short_name_and_the_help_lists_them() {
    let (world, desk) = world_with_resource().await;
    let long = "urn:ietf:params:oauth:grant-type:device_code";
    for (n, name) in ["device", long].into_iter().enumerate() {
        let id = format!("tv{n}");
        let made = desk.json(&[
            "client",
            "create",
            "--name",
            "TV",
            "--id",
            &id,
            "--public",
            "--grant-type",
            name,
            "--grant-type",
            "refresh_token",
        ]);
        let grant_types: Vec<&Value> = made["grant_types"].as_array().unwrap().iter().collect();
        assert!(grant_types.contains(&&json!(long)), "{made}");
    }
    let wrong = desk
        .run(&typed("client create --name x --grant-type implicit"))
        .expect(2);
    let help = desk.run(&["client", "create", "--help"]).expect(0);
    for name in ["authorization_code", "client_credentials", "refresh_token", "device"] {
        assert!(wrong.err.contains(name) && help.out.contains(name), "{name}: {wrong:?}");
    }
    assert!(
        desk.run(&["client", "list"])
            .expect(0)
            .out
            .contains("refresh_token device")
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_registered_as_its_key() {
    let (world, desk) = world_with_resource().await;
    let own = rcgen::generate_simple_self_signed(["app.example".to_owned()]).unwrap();
    desk.write(
        "cert.pem",
        &format!("subject=app\n{}", pem("CERTIFICATE", own.cert.der())),
    );
    let made = desk.json(&typed(
        "client create --name App --id app --method self_signed_tls_client_auth --jwks cert.pem",
    ));
    let key = &made["jwks"]["keys"][0];
    let x5c = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, own.cert.der());
    assert_eq!(
        (&key["kty"], &key["crv"], &key["x5c"]),
        (&json!("EC"), &json!("P-256"), &json!([x5c]))
    );
    assert_eq!(key.get("alg"), None, "a certificate names no JOSE algorithm");

    desk.write(
        "broken.pem",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    );
    desk.write("text", "hello");
    for (file, told) in [
        ("broken.pem", "cannot be used"),
        ("text", "a certificate in PEM"),
        ("nothing.pem", "cannot read"),
    ] {
        let ran = desk.run(&["client", "change", "app", "--jwks", file]);
        assert!(
            ran.code != 0 && ran.err.contains(told) && ran.err.contains("what to do:"),
            "{file}: {ran:?}"
        );
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_say_what_to_do_and_are_json_for_programs() {
    let (world, desk) = world_with_resource().await;
    for (arguments, code, told) in [
        ("client create --name x --set nothing", 2, "NAME=VALUE"),
        ("client create --name x --set nothing=1", 2, "known are jwks_uri"),
        ("tenant change default --access-token-seconds many", 2, "a whole number"),
    ] {
        let ran = desk.run(&typed(arguments)).expect(code);
        assert!(ran.err.contains(told), "{ran:?}");
    }
    let ran = desk.run(&typed("--output json client show nobody")).expect(3);
    let told: Value = serde_json::from_str(&ran.err).unwrap();
    assert_eq!(
        (&told["exit_code"], told["request_id"].is_string()),
        (&json!(3), true),
        "{told}"
    );
    assert!(ran.out.is_empty() && told["what_to_do"].is_string(), "{told}");

    // A wrong token is not called a missing one.
    let wrong = Desk::with(&world.issuer, "pka_wrong")
        .run(&["client", "list"])
        .expect(4);
    assert!(
        wrong.err.contains("is not known here, was ended, or has expired") && !wrong.err.contains("Authorization"),
        "{wrong:?}"
    );
    let warned = desk
        .run(&typed("client create --name x --scope payments:read"))
        .expect(0);
    assert!(warned.err.contains("has the scope payments:read"), "{warned:?}");
    world.end().await;
}
