//! `prokura doctor`.

use serde_json::Value;
use testkit::World;

use crate::{
    command::{Desk, nobody, pem, typed},
    installation::{Installation, REST},
};

fn states(document: &Value) -> Vec<(String, String)> {
    let text = |check: &Value, name: &str| check[name].as_str().unwrap().to_owned();
    document["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| (text(check, "check"), text(check, "state")))
        .collect()
}

fn has(document: &Value, check: &str, state: &str) -> bool {
    states(document).contains(&(check.to_owned(), state.to_owned()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_server_is_examined() {
    let world = World::new().await;
    let desk = Desk::of(&world);
    let found = desk.json(&["doctor"]);
    for check in ["server", "metadata", "database commit", "signing key", "audit streams"] {
        assert!(has(&found, check, "ok"), "{check} in {found}");
    }
    let warned = found["checks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|check| check["state"] == "warning")
        .unwrap();
    assert!(warned["found"].as_str().unwrap().contains("is plain http"), "{found}");
    desk.run(&["doctor", "--strict"]).expect(1);

    desk.run(&typed("tenant create acme --name Acme")).expect(0);
    assert!(has(&desk.json(&["--tenant", "acme", "doctor"]), "metadata", "ok"));
    // Without a token it says what can be seen from outside.
    let outside = Desk::new().json(&["--server", &world.issuer, "doctor"]);
    assert!(
        has(&outside, "server", "ok") && has(&outside, "its own checks", "warning"),
        "{outside}"
    );
    Desk::with(&world.issuer, "pka_wrong").run(&["doctor"]).expect(1);
    // Under another name it answers nobody.
    let other = world.issuer.replace("127.0.0.1", "localhost");
    let ran = Desk::with(&other, &world.admin_token).run(&["doctor"]).expect(1);
    assert!(ran.out.contains("421"), "{ran:?}");
    world.end().await;

    let (_held, address) = nobody();
    let gone = Desk::with(&address, "t").run(&["doctor"]).expect(6);
    assert!(gone.out.contains("does not answer"), "{gone:?}");
}

#[tokio::test]
async fn a_configuration_is_examined_without_a_server() {
    let mut installation = Installation::new();
    let doctor = ["doctor", "--config", "prokura.toml"];
    let before = installation.desk.json(&doctor);
    assert!(
        has(&before, "configuration", "ok")
            && has(&before, "key-encryption key", "ok")
            && has(&before, "database", "warning"),
        "{before}"
    );
    assert!(!installation.desk.path("data/p.db").exists(), "looking makes nothing");

    installation.start().await;
    assert!(
        has(&installation.desk.json(&doctor), "database", "ok"),
        "while it serves"
    );
    assert_eq!(installation.end(), Some(0));
    assert!(
        has(&installation.desk.json(&doctor), "database", "ok"),
        "and afterwards"
    );

    std::fs::rename(installation.desk.path("kek"), installation.desk.path("kek.old")).unwrap();
    let ran = installation.desk.run(&doctor).expect(1);
    assert!(ran.out.contains("there is no key-encryption key"), "{ran:?}");
    installation.desk.run(&typed("key kek --out kek")).expect(0);
    let ran = installation.desk.run(&doctor).expect(1);
    assert!(
        ran.out.contains("not the one that this database was set up with"),
        "{ran:?}"
    );

    installation.configure(&format!(
        "[server]\norigin = \"http://localhost:1\"\nlisten = \"127.0.0.1:1\"\n{REST}"
    ));
    std::fs::rename(installation.desk.path("kek.old"), installation.desk.path("kek")).unwrap();
    let ran = installation.desk.run(&doctor).expect(1);
    assert!(ran.out.contains("it was set up for http://localhost:"), "{ran:?}");

    installation.configure("[server]\norigin = 3\n");
    let ran = installation.desk.run(&doctor).expect(1);
    assert!(
        ran.out.contains("prokura.toml:2: server.origin must be text in quotes"),
        "{ran:?}"
    );
}

#[test]
fn certificate_and_key_are_tried_and_their_modes_looked_at() {
    use std::os::unix::fs::PermissionsExt;
    let installation = Installation::new();
    let one = rcgen::generate_simple_self_signed(["a.example".to_owned()]).unwrap();
    let other = rcgen::generate_simple_self_signed(["a.example".to_owned()]).unwrap();
    installation
        .desk
        .write("chain.pem", &pem("CERTIFICATE", one.cert.der()));
    installation
        .desk
        .write("key.pem", &pem("PRIVATE KEY", one.signing_key.serialized_der()));
    installation.configure(&format!(
        "[server]\norigin = \"https://a.example\"\n[tls]\ncertificate = \"chain.pem\"\nkey = \"key.pem\"\n{REST}"
    ));
    let doctor = ["doctor", "--config", "prokura.toml"];
    let found = installation.desk.json(&doctor);
    assert!(
        has(&found, "https", "ok") && has(&found, "https certificate", "ok"),
        "{found}"
    );

    std::fs::set_permissions(
        installation.desk.path("key.pem"),
        std::fs::Permissions::from_mode(0o644),
    )
    .unwrap();
    let ran = installation.desk.run(&doctor).expect(1);
    assert!(
        ran.out.contains("everyone") && !ran.all().contains("PRIVATE KEY"),
        "{ran:?}"
    );

    installation
        .desk
        .write("key.pem", &pem("PRIVATE KEY", other.signing_key.serialized_der()));
    let ran = installation.desk.run(&doctor).expect(1);
    assert!(ran.out.contains("cannot be used together"), "{ran:?}");
}

#[test]
fn the_certificate_is_for_the_host_and_not_about_to_end() {
    let now = time::OffsetDateTime::from_unix_timestamp(server::Surroundings::System.now().unix()).unwrap();
    let of = |names: &[&str], from: i64, until: i64| {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let mut wanted = rcgen::CertificateParams::new(names).unwrap();
        wanted.not_before = now.saturating_add(time::Duration::days(from));
        wanted.not_after = now.saturating_add(time::Duration::days(until));
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = wanted.self_signed(&key).unwrap();
        (
            pem("CERTIFICATE", certificate.der()),
            pem("PRIVATE KEY", &key.serialize_der()),
        )
    };
    let installation = Installation::new();
    let doctor = ["doctor", "--config", "prokura.toml"];
    installation.configure(&format!(
        "[server]\norigin = \"https://auth.a.example\"\n[tls]\ncertificate = \"chain.pem\"\nkey = \"key.pem\"\n{REST}"
    ));
    for (names, from, until, code, told) in [
        (&["auth.a.example"][..], -1, 90, 0, "valid until"),
        (&["*.a.example"], -1, 90, 0, "valid until"),
        (&["AUTH.a.example", "b.example"], -1, 90, 0, "valid until"),
        (&["a.example"], -1, 90, 1, "is not for auth.a.example"),
        (&["*.example"], -1, 90, 1, "is not for auth.a.example"),
        (&[], -1, 90, 1, "is not for auth.a.example"),
        (&["auth.a.example"], -90, -1, 1, "has expired"),
        (&["auth.a.example"], 1, 90, 1, "not valid before"),
        (&["auth.a.example"], -1, 13, 0, "renew it"),
        (&["auth.a.example"], -1, 15, 0, "valid until"),
    ] {
        let (chain, key) = of(names, from, until);
        installation.desk.write("chain.pem", &chain);
        installation.desk.write("key.pem", &key);
        let ran = installation.desk.run(&doctor).expect(code);
        let line = ran
            .out
            .lines()
            .find(|line| line.starts_with("https certificate"))
            .unwrap();
        assert!(line.contains(told), "{names:?} {from} {until}: {ran:?}");
        assert_eq!(line.contains(" warning "), told == "renew it", "{ran:?}");
    }
}

#[test]
fn the_authorities_of_clients_are_read_and_counted() {
    let installation = Installation::new();
    let (chain, key) = testkit::ServerCertificate::new().pem();
    installation.desk.write("chain.pem", &chain);
    installation.desk.write("key.pem", &key);
    let doctor = ["doctor", "--config", "prokura.toml"];
    let told = |more: &str| {
        installation.configure(&format!(
            "[server]\norigin = \"https://localhost:1\"\n[tls]\ncertificate = \"chain.pem\"\nkey = \"key.pem\"\n{more}{REST}"
        ));
        installation.desk.run(&doctor)
    };
    let (one, two) = (
        testkit::Authority::new("One").pem(),
        testkit::Authority::new("Two").pem(),
    );
    let asks = "client_certificates = \"optional\"\n";
    let believes = "client_certificates = \"optional\"\nclient_authorities = \"clients.pem\"\n";
    let by_header =
        "client_authorities = \"clients.pem\"\n[proxy]\npeers = [\"10.0.0.7\"]\ncertificate_header = \"Client-Cert\"\n";

    assert!(!told("").expect(0).out.contains("client certificates"));
    let none = told(asks).expect(0);
    assert!(
        none.out
            .contains("asked for in the handshake; no authority vouches for them"),
        "{none:?}"
    );
    assert!(told(believes).expect(1).out.contains("cannot read"), "there is no file");
    installation.desk.write("clients.pem", &one);
    let first = told(believes).expect(0);
    assert!(
        first.out.contains("asked for in the handshake; one authority vouches"),
        "{first:?}"
    );
    installation.desk.write("clients.pem", &format!("{one}{two}"));
    let both = told(by_header).expect(0);
    assert!(
        both.out
            .contains("taken from a header of the listed proxies; 2 authorities vouch"),
        "{both:?}"
    );
    installation.desk.write("clients.pem", &chain);
    let wrong = told(believes).expect(1);
    assert!(
        wrong.out.contains("cannot be used as tls.client_authorities"),
        "{wrong:?}"
    );
}
