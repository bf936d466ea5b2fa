//! `prokura serve` as an operator meets it: a configuration, a process, signals.

use std::sync::Arc;

use store::{Database, Store, TenantDb};

use crate::{
    command::{Desk, pem, typed},
    installation::{Installation, REST},
};

#[tokio::test]
async fn the_first_administrator_comes_from_the_configuration_and_administers_the_server() {
    let mut installation = Installation::new();
    installation.start().await;
    let desk = installation.bootstrap(); // while it serves
    desk.run(&typed("tenant create acme --name Acme")).expect(0);
    desk.run(&["doctor"]).expect(0);
    assert_eq!(installation.end(), Some(0));

    let again = installation.bootstrap(); // and while it does not
    installation.start().await;
    let tenants = Desk::with(&installation.server(), &again.read("token")).json(&["tenant", "list"]);
    assert_eq!(tenants["tenants"].as_array().unwrap().len(), 2);
    assert_eq!(installation.end(), Some(0));
}

#[tokio::test]
async fn it_says_what_it_does_and_keeps_its_database_to_itself() {
    let mut installation = Installation::new();
    installation.start().await;
    let log = installation.desk.read("log");
    let server = installation.server();
    for words in [
        "listens=127.0.0.1:",
        "SQLite file data/p.db",
        &format!("{server}/.well-known/oauth-authorization-server"),
        "on this machine only",
    ] {
        assert!(log.contains(words), "{words} in {log}");
    }
    for file in ["data/p.db", "data/p.db-wal"] {
        assert_eq!(installation.desk.mode(file), 0o600, "{file}");
    }
    assert_eq!(installation.end(), Some(0));
}

#[tokio::test]
async fn sigterm_ends_it_well_and_everything_is_committed() {
    let mut installation = Installation::new();
    installation.start().await;
    let desk = installation.bootstrap();
    for n in 0..5 {
        desk.run(&[
            "client",
            "create",
            "--name",
            "x",
            "--id",
            &format!("client-{n}"),
            "--method",
            "client_secret_basic",
        ])
        .expect(0);
    }
    desk.run(&["client", "show", "nobody"]).expect(3); // goes through the lossy journal, which is written at the end
    assert_eq!(installation.end(), Some(0));
    assert!(installation.desk.read("log").contains("everything is written"));

    let database = Database::Sqlite(installation.desk.path("data/p.db"));
    let store = Store::open(store::Settings {
        database,
        stream: "zz".to_owned(),
    })
    .await
    .unwrap();
    let tenant = store.tenants().await.unwrap().into_iter().next().unwrap();
    let db = TenantDb::new(Arc::clone(&store), Arc::new(tenant));
    assert_eq!(db.clients_after("", 100).await.unwrap().len(), 5);
    assert_eq!(db.event_count("client.created").await.unwrap(), 5);
    assert_eq!(db.event_count("request.refused").await.unwrap(), 1);
    assert_eq!(store.streams_with_holes().await.unwrap(), 0);
}

#[tokio::test]
async fn another_key_encryption_key_is_refused_in_words() {
    let mut installation = Installation::new();
    installation.start().await;
    assert_eq!(installation.end(), Some(0));
    std::fs::rename(installation.desk.path("kek"), installation.desk.path("kek.old")).unwrap();
    let absent = installation.refused(&[]).await;
    assert!(
        absent.err.contains("there is no key-encryption key at") && absent.err.contains("prokura key kek --out"),
        "{absent:?}"
    );

    installation.desk.run(&typed("key kek --out kek")).expect(0);
    for ran in [
        installation.refused(&[]).await,
        installation
            .desk
            .run(&typed("administrator bootstrap --config prokura.toml --name x"))
            .expect(1),
    ] {
        assert!(
            ran.err
                .contains("the key-encryption key is not the one this database was set up with"),
            "{ran:?}"
        );
        assert!(
            ran.err.contains("what to do: restore the key") && ran.out.is_empty(),
            "{ran:?}"
        );
    }
}

#[tokio::test]
async fn a_moved_origin_is_refused_until_it_is_confirmed() {
    let mut installation = Installation::new();
    installation.start().await;
    assert_eq!(installation.end(), Some(0));
    let old = installation.server();
    installation.move_away();
    let refused = installation.refused(&[]).await;
    assert!(
        refused.err.contains(&old) && refused.err.contains("--accept-new-origin"),
        "{refused:?}"
    );

    installation.start_with(&["--accept-new-origin"]).await;
    let tenants = installation.bootstrap().json(&["tenant", "list"]);
    assert_eq!(tenants["tenants"][0]["issuer"], installation.server());
    assert_eq!(installation.end(), Some(0));
    installation.start().await; // once is enough
    assert_eq!(installation.end(), Some(0));
}

#[tokio::test]
async fn unsafe_starts_are_refused() {
    use std::os::unix::fs::PermissionsExt;
    let installation = Installation::new();
    let kek = installation.desk.path("kek");
    std::fs::set_permissions(&kek, std::fs::Permissions::from_mode(0o644)).unwrap();
    let open = installation.refused(&[]).await;
    assert!(
        open.err.contains("mode 0644") && open.err.contains("chmod 600"),
        "{open:?}"
    );
    std::fs::set_permissions(&kek, std::fs::Permissions::from_mode(0o600)).unwrap();

    for (text, words) in [
        (
            format!("[server]\norigin = \"http://auth.example.com\"\n{REST}"),
            "prokura.toml:2: server.origin: plain http is for loopback only",
        ),
        (
            format!("[server]\norigin = \"https://auth.example.com\"\n{REST}"),
            "prokura.toml:2: server.origin: nothing says how https is spoken",
        ),
        (
            format!("[server]\norigin = \"http://localhost:1\"\nlisten = \"0.0.0.0:1\"\n{REST}"),
            "prokura.toml:3: server.listen: must be a loopback address",
        ),
        (
            format!(
                "[server]\norigin = \"https://a.example\"\nlisten = \"8.8.8.8:1\"\n[tls]\ntrusted_proxy = true\n{REST}"
            ),
            "prokura.toml:3: server.listen: is a public address",
        ),
        (
            format!(
                "[server]\norigin = \"https://a.example\"\n[tls]\ncertificate = \"c.pem\"\nkey = \"k.pem\"\n{REST}"
            ),
            "cannot read c.pem",
        ),
    ] {
        installation.configure(&text);
        let ran = installation.refused(&[]).await;
        assert!(ran.err.contains(words), "{words:?} {ran:?}");
    }
    assert!(!installation.desk.path("data/p.db").exists(), "nothing was set up");
}

#[tokio::test]
async fn what_belongs_to_development_never_serves() {
    let installation = Installation::new();
    installation.desk.write("data/DEVELOPMENT", "");
    for ran in [
        installation.refused(&[]).await,
        installation.refused(&["--accept-new-origin"]).await,
        installation
            .desk
            .run(&typed("administrator bootstrap --config prokura.toml --name x"))
            .expect(1),
    ] {
        assert!(ran.err.contains("prokura dev"), "{ran:?}");
    }
    std::fs::rename(
        installation.desk.path("data/DEVELOPMENT"),
        installation.desk.path("DEVELOPMENT"),
    )
    .unwrap();
    let ran = installation.refused(&[]).await;
    assert!(
        ran.err.contains("the key-encryption key") && ran.err.contains("prokura dev"),
        "{ran:?}"
    );
}

#[tokio::test]
async fn it_speaks_https_to_clients_that_trust_its_certificate() {
    let mut installation = Installation::new();
    let port = installation.port();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    installation
        .desk
        .write("chain.pem", &pem("CERTIFICATE", made.cert.der()));
    installation
        .desk
        .write("key.pem", &pem("PRIVATE KEY", made.signing_key.serialized_der()));
    installation.configure(&format!(
        "[server]\norigin = \"https://localhost:{port}\"\nlisten = \"127.0.0.1:0\"\n[tls]\ncertificate = \"chain.pem\"\nkey = \"key.pem\"\n[log]\nformat = \"json\"\n{REST}"
    ));
    installation.start().await;
    let token = installation.bootstrap().read("token");
    let server = format!("https://localhost:{port}");
    let stranger = Desk::with(&server, &token).run(&["client", "list"]).expect(6);
    assert!(
        stranger.err.contains("certificate") && stranger.err.contains("SSL_CERT_FILE"),
        "{stranger:?}"
    );
    let chain = installation.desk.path("chain.pem").display().to_string();
    let friend = Desk::with(&server, &token).variable("SSL_CERT_FILE", &chain);
    friend.run(&["client", "list"]).expect(0);
    friend.run(&["doctor", "--strict"]).expect(0);
    assert_eq!(installation.end(), Some(0));
    for line in installation.desk.read("log").lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|_| panic!("every line is JSON: {line}"));
    }
}

#[tokio::test]
async fn it_asks_clients_for_certificates_when_it_is_told_to() {
    let mut installation = Installation::new();
    let known = testkit::ServerCertificate::new();
    let (chain, key) = known.pem();
    installation.desk.write("chain.pem", &chain);
    installation.desk.write("key.pem", &key);
    let server = format!("https://localhost:{}", installation.port());
    let shown = testkit::Certificate::self_signed("client");
    for (asks, expected) in [("off", None), ("optional", Some(shown.thumbprint()))] {
        installation.configure(&format!(
            "[server]\norigin = \"{server}\"\nlisten = \"127.0.0.1:0\"\n[tls]\ncertificate = \"chain.pem\"\nkey = \"key.pem\"\nclient_certificates = \"{asks}\"\n{REST}"
        ));
        installation.start().await;
        let answer = known
            .ask(installation.port(), Some(&shown), "POST", "/oauth2/revoke")
            .await;
        assert!((400..500).contains(&answer.status), "{answer:?}");
        let desk = Desk::with(&server, &installation.bootstrap().read("token")).variable(
            "SSL_CERT_FILE",
            &installation.desk.path("chain.pem").display().to_string(),
        );
        assert_eq!(installation.end(), Some(0)); // so that the journal is written
        installation.start().await;
        let events = desk.json(&["event", "list"]);
        let certificates = events["events"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|event| event["kind"] == "request.refused")
            .filter_map(|event| event["body"]["certificate"].as_str());
        assert_eq!(
            certificates.collect::<Vec<_>>(),
            expected.iter().collect::<Vec<_>>(),
            "{asks}: {events}"
        );
        assert_eq!(installation.end(), Some(0));
    }
}

#[tokio::test]
async fn behind_a_proxy_it_answers_under_its_public_name_alone() {
    let mut installation = Installation::new();
    let port = installation.port();
    installation.configure(&format!(
        "[server]\norigin = \"https://auth.example.com\"\nlisten = \"127.0.0.1:0\"\n[tls]\ntrusted_proxy = true\n{REST}"
    ));
    installation.start().await;
    assert!(installation.desk.read("log").contains("for the proxy only"));
    let metadata = asked(installation.port(), "auth.example.com").await;
    assert!(
        metadata.starts_with("HTTP/1.1 200") && metadata.contains("\"issuer\":\"https://auth.example.com\""),
        "{metadata}"
    );
    let stranger = asked(installation.port(), &format!("127.0.0.1:{port}")).await;
    assert!(stranger.starts_with("HTTP/1.1 421"), "{stranger}");
    assert_eq!(installation.end(), Some(0));
}

/// The metadata as it is answered under a name.
async fn asked(port: u16, host: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let request =
        format!("GET /.well-known/oauth-authorization-server HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn the_log_filter_of_the_environment_is_honoured() {
    let installation = Installation::new();
    let port = installation.port();
    let bad = Desk::new().variable("RUST_LOG", "a=b=c");
    std::fs::create_dir(bad.path("data")).unwrap();
    bad.run(&typed("key kek --out kek")).expect(0);
    bad.write(
        "prokura.toml",
        &format!("[server]\norigin = \"http://localhost:{port}\"\n{REST}"),
    );
    let ran = bad.run(&["serve", "--config", "prokura.toml"]).expect(1);
    assert!(ran.err.contains("RUST_LOG is not a log filter"), "{ran:?}");
}
