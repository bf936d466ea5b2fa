use std::{os::unix::fs::PermissionsExt, path::Path};

use server::{CertificateFormat, CertificateHeader, ClientCertificates, Peers, Proxies};
use store::Database;

use super::{Config, EXAMPLE, LogFormat, Transport, secret_file, shown};
use crate::Environment;

const GOOD: &str = r#"[server]
origin = "https://auth.example.com"
listen = "0.0.0.0:443"

[tls]
certificate = "chain.pem"
key = "/etc/key.pem"

[database]
url = "sqlite:p.db"

[keys]
kek = "file:kek"
"#;

fn read(text: &str, variables: &[(&str, &str)]) -> Result<Config, Vec<String>> {
    let environment = Environment::of(variables);
    Config::from_text(text, "p.toml", Path::new("/srv"), &environment).map_err(|problems| problems.lines())
}

/// The problems of the good configuration after a change.
fn problems(from: &str, to: &str) -> Vec<String> {
    assert!(GOOD.contains(from), "{from}");
    read(&GOOD.replace(from, to), &[]).expect_err("a problem")
}

#[test]
fn the_example_is_a_good_configuration() {
    let config = read(EXAMPLE, &[]).unwrap();
    assert_eq!(config.origin, "https://auth.example.com");
    assert_eq!(config.log.format, LogFormat::Text);
}

#[test]
fn paths_start_at_the_folder_of_the_file() {
    let config = read(GOOD, &[]).unwrap();
    assert_eq!(
        config.transport,
        Transport::Https {
            certificate: "/srv/chain.pem".into(),
            key: "/etc/key.pem".into(),
            clients: ClientCertificates::Off,
        }
    );
    assert_eq!(
        config.database.resolve(&Environment::of(&[])).unwrap(),
        Database::Sqlite("/srv/p.db".into())
    );
    assert_eq!(config.kek.file(), Some(Path::new("/srv/kek")));
}

#[test]
fn an_unknown_key_is_a_problem_with_its_line_and_the_word_that_was_meant() {
    assert_eq!(
        problems("listen =", "lisen ="),
        ["p.toml:3: unknown key lisen in [server]; did you mean listen?"]
    );
    assert!(problems("[tls]", "[tsl]").contains(&"p.toml:5: unknown section [tsl]; did you mean [tls]?".to_owned()));
    assert_eq!(
        problems("kek =", "url = \"x\"\nkek ="),
        ["p.toml:13: unknown key url in [keys]; it belongs below [database]"]
    );
    assert_eq!(
        problems("[server]", "kek = \"x\"\n[server]"),
        ["p.toml:1: unknown key kek outside of any section; it belongs below [keys]"]
    );
    assert_eq!(
        problems("listen =", "backdoor ="),
        ["p.toml:3: unknown key backdoor in [server]; [server] has origin, listen"]
    );
}

#[test]
fn every_problem_is_told_at_once_in_the_order_of_the_lines() {
    let text = GOOD
        .replace("0.0.0.0:443", "here")
        .replace("file:kek", "hunter2-hunter2")
        .replace("sqlite:p.db", "mysql://x");
    let lines = read(&text, &[("PROKURA__LOG__LEVL", "debug")]).unwrap_err();
    let places: Vec<&str> = lines.iter().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(places, ["p.toml:3", "p.toml:10", "p.toml:13", "PROKURA__LOG__LEVL"]);
    assert!(lines[3].ends_with("did you mean PROKURA__LOG__LEVEL?"), "{lines:?}");
    assert!(
        !lines.concat().contains("hunter2"),
        "a secret that stands in the wrong place is not printed: {lines:?}"
    );
}

#[test]
fn what_is_not_toml_is_told_with_its_line() {
    let lines = read("[server]\norigin = \"x\n", &[]).unwrap_err();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("p.toml:2: not TOML: "), "{lines:?}");
}

#[test]
fn types_are_checked_in_the_file_and_in_variables() {
    assert_eq!(
        problems("kek =", "rotate_every_seconds = \"7200\"\nkek ="),
        ["p.toml:13: keys.rotate_every_seconds must be a whole number, without quotes"]
    );
    assert_eq!(
        problems("listen = \"0.0.0.0:443\"", "listen = 443"),
        ["p.toml:3: server.listen must be text in quotes"]
    );
    let lines = read(
        GOOD,
        &[
            ("PROKURA__KEYS__ROTATE_EVERY_SECONDS", "often"),
            ("PROKURA__TLS__TRUSTED_PROXY", "yes"),
        ],
    )
    .unwrap_err();
    assert_eq!(
        lines,
        [
            "PROKURA__KEYS__ROTATE_EVERY_SECONDS: must be a whole number",
            "PROKURA__TLS__TRUSTED_PROXY: must be true or false"
        ]
    );
}

#[test]
fn a_missing_key_is_named_with_an_example() {
    assert_eq!(
        problems("origin =", "# origin ="),
        ["p.toml: server.origin is missing; write below [server]: origin = \"https://auth.example.com\""]
    );
}

#[test]
fn a_variable_wins_over_the_file_and_everything_says_where_it_comes_from() {
    let config = read(
        GOOD,
        &[
            ("PROKURA__SERVER__LISTEN", "127.0.0.1:1"),
            ("PROKURA__KEYS__ROTATE_EVERY_SECONDS", "7200"),
            ("PROKURA_TOKEN", "other"),
        ],
    )
    .unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:1");
    assert_eq!(config.rotation.rotate_every_seconds, 7_200);
    let told = |key: &str| {
        config
            .effective
            .iter()
            .find(|one| one.key == key)
            .map(|one| (one.shown.as_str(), one.origin.as_str()))
            .unwrap()
    };
    assert_eq!(told("server.listen"), ("127.0.0.1:1", "PROKURA__SERVER__LISTEN"));
    assert_eq!(told("server.origin"), ("https://auth.example.com", "p.toml:2"));
    assert_eq!(told("log.level"), ("info", "default"));
    assert_eq!(config.effective.len(), super::table::KEYS.len());
}

#[test]
fn an_origin_is_scheme_host_and_port_in_plain_form() {
    for (wrong, plain) in [
        ("https://auth.example.com/", "https://auth.example.com"),
        ("https://Auth.example.com:443", "https://auth.example.com"),
        ("https://a.example/t/x", "https://a.example"),
    ] {
        assert_eq!(
            problems("https://auth.example.com", wrong),
            [format!(
                "p.toml:2: server.origin: write scheme, host and port only, in their plain form: \"{plain}\""
            )]
        );
    }
    assert_eq!(
        problems("https://auth.example.com", "auth.example.com"),
        ["p.toml:2: server.origin: must be scheme, host and port, as in \"https://auth.example.com\""]
    );
}

#[test]
fn plain_http_is_for_loopback_only() {
    let bare = GOOD.replace("[tls]\ncertificate = \"chain.pem\"\nkey = \"/etc/key.pem\"\n", "");
    let with = |origin: &str, listen: &str| {
        read(
            &bare
                .replace("https://auth.example.com", origin)
                .replace("0.0.0.0:443", listen),
            &[],
        )
    };

    assert_eq!(
        with("http://localhost:8460", "127.0.0.1:8460").unwrap().transport,
        Transport::Loopback
    );
    for (origin, listen, place) in [
        (
            "http://auth.example.com",
            "127.0.0.1:8460",
            "p.toml:2: server.origin: plain http is for loopback only",
        ),
        (
            "http://localhost.example.com",
            "127.0.0.1:8460",
            "p.toml:2: server.origin: plain http is for loopback only",
        ),
        (
            "http://localhost:8460",
            "0.0.0.0:8460",
            "p.toml:3: server.listen: must be a loopback address",
        ),
        (
            "https://auth.example.com",
            "0.0.0.0:443",
            "p.toml:2: server.origin: nothing says how https is spoken",
        ),
    ] {
        let lines = with(origin, listen).unwrap_err();
        assert!(lines.len() == 1 && lines[0].starts_with(place), "{lines:?}");
    }
    assert!(
        problems("https://auth.example.com", "http://auth.example.com")[0]
            .contains("must start with https://, since [tls] has a certificate")
    );
}

#[test]
fn a_proxy_speaks_https_and_the_node_hides_behind_it() {
    let proxied = GOOD.replace(
        "certificate = \"chain.pem\"\nkey = \"/etc/key.pem\"",
        "trusted_proxy = true",
    );
    let with = |origin: &str, listen: &str| {
        read(
            &proxied
                .replace("https://auth.example.com", origin)
                .replace("0.0.0.0:443", listen),
            &[],
        )
    };
    for listen in ["127.0.0.1:8460", "10.0.0.7:8460", "[fd00::1]:8460", "0.0.0.0:8460"] {
        assert_eq!(
            with("https://auth.example.com", listen).unwrap().transport,
            Transport::BehindProxy
        );
    }
    assert!(
        with("https://auth.example.com", "8.8.8.8:8460").unwrap_err()[0]
            .starts_with("p.toml:3: server.listen: is a public address")
    );
    assert!(
        with("http://auth.example.com", "127.0.0.1:8460").unwrap_err()[0]
            .starts_with("p.toml:2: server.origin: must start with https://")
    );
    assert!(
        problems("key = \"/etc/key.pem\"", "key = \"/etc/key.pem\"\ntrusted_proxy = true")[0]
            .starts_with("p.toml:8: tls.trusted_proxy: either a proxy")
    );
}

#[test]
fn certificate_and_key_come_together() {
    assert_eq!(
        problems("key = \"/etc/key.pem\"\n", ""),
        ["p.toml:6: tls.certificate: needs tls.key beside it: the certificate's private key"]
    );
    assert_eq!(
        problems("certificate = \"chain.pem\"\n", ""),
        ["p.toml:6: tls.key: needs tls.certificate beside it: the certificate chain"]
    );
}

#[test]
fn a_password_stands_anywhere_but_in_the_file() {
    for url in ["postgres://u:sekret@db/p", "postgres://u@db/p?password=sekret"] {
        let lines = problems("sqlite:p.db", url);
        assert!(
            lines.len() == 1 && lines[0].starts_with("p.toml:10: database.url: has a password in it"),
            "{lines:?}"
        );
        assert!(!lines[0].contains("sekret"));

        let config = read(GOOD, &[("PROKURA__DATABASE__URL", url)]).unwrap();
        let database = config.database.resolve(&Environment::of(&[])).unwrap();
        assert_eq!(database, Database::Postgres(url.to_owned()));
        let told = format!("{} {:?} {:?}", shown(&database), config.effective, config.database);
        assert!(!told.contains("sekret") && told.contains("***"), "{told}");
    }
}

#[test]
fn a_url_may_stand_in_a_variable_or_in_a_private_file() {
    let config = read(&GOOD.replace("sqlite:p.db", "env:DB"), &[]).unwrap();
    assert_eq!(
        config
            .database
            .resolve(&Environment::of(&[("DB", "postgres://u:pw@db/p")]))
            .unwrap(),
        Database::Postgres("postgres://u:pw@db/p".to_owned())
    );
    let error = config.database.resolve(&Environment::of(&[])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the variable DB, which the configuration names, is not set"
    );

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("url");
    std::fs::write(&file, "postgres://u:pw@db/p\n").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    let config = read(&GOOD.replace("sqlite:p.db", &format!("file:{}", file.display())), &[]).unwrap();
    assert!(
        config
            .database
            .resolve(&Environment::of(&[]))
            .unwrap_err()
            .to_string()
            .contains("mode 0640")
    );
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o400)).unwrap();
    assert_eq!(
        config.database.resolve(&Environment::of(&[])).unwrap(),
        Database::Postgres("postgres://u:pw@db/p".to_owned())
    );
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kek");
    let config = read(&GOOD.replace("file:kek", &format!("file:{}", file.display())), &[]).unwrap();
    let told = || {
        config
            .kek
            .read(&Environment::of(&[]))
            .map(|key| *key.reveal())
            .map_err(|error| format!("{error:#}"))
    };

    assert!(told().unwrap_err().contains("make one with: prokura key kek"));
    secret_file(&file, &proof::base64url::encode(&[9; 32])).unwrap();
    assert_eq!(told(), Ok([9; 32]));
    for mode in [0o604, 0o640, 0o620, 0o666] {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        assert!(told().unwrap_err().contains("chmod 600"), "{mode:o}");
    }
}

#[test]
fn a_key_in_a_variable_has_32_bytes() {
    let config = read(&GOOD.replace("file:kek", "env:KEK"), &[]).unwrap();
    let told = |value: &str| {
        config
            .kek
            .read(&Environment::of(&[("KEK", value)]))
            .map(|key| *key.reveal())
            .map_err(|error| error.to_string())
    };
    assert_eq!(told(&proof::base64url::encode(&[3; 32])), Ok([3; 32]));
    let error = told(&proof::base64url::encode(&[3; 31])).unwrap_err();
    assert!(error.starts_with("the variable KEK must hold 32 bytes"), "{error}");
}

#[test]
fn a_secret_file_is_new_and_private() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    secret_file(&file, "one").unwrap();
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(
        secret_file(&file, "two")
            .unwrap_err()
            .to_string()
            .contains("is not overwritten")
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "one");
}

#[test]
fn rotation_numbers_must_work_together() {
    let lines = problems("kek =", "rotate_every_seconds = 3600\nkek =");
    assert_eq!(lines.len(), 1);
    assert!(
        lines[0].starts_with("p.toml:13: ")
            && lines[0].contains("publish_ahead_seconds must be less than rotate_every_seconds"),
        "{lines:?}"
    );
}

#[test]
fn a_log_level_that_nobody_knows_is_a_problem() {
    let text = format!("{GOOD}[log]\nlevel = \"debg\"\nformat = \"xml\"\n");
    assert_eq!(
        read(&text, &[]).unwrap_err(),
        [
            "p.toml:15: log.level: must be error, warn, info, debug or trace; did you mean debug?",
            "p.toml:16: log.format: must be \"text\" or \"json\""
        ]
    );
}

/// The good configuration with this below it.
fn also(more: &str) -> Result<Config, Vec<String>> {
    read(&format!("{GOOD}{more}"), &[])
}

#[test]
fn whoever_speaks_https_may_ask_clients_for_certificates() {
    let asks = "key = \"/etc/key.pem\"\nclient_certificates = \"optional\"\nclient_authorities = \"ca.pem\"";
    let config = read(&GOOD.replace("key = \"/etc/key.pem\"", asks), &[]).unwrap();
    assert_eq!(
        config.transport,
        Transport::Https {
            certificate: "/srv/chain.pem".into(),
            key: "/etc/key.pem".into(),
            clients: ClientCertificates::Optional,
        }
    );
    assert_eq!(config.client_authorities, Some("/srv/ca.pem".into()));
    assert_eq!(config.peers, Peers::Connected);
    assert_eq!(read(GOOD, &[]).unwrap().client_authorities, None);

    let said = |line: &str| problems("key = \"/etc/key.pem\"", &format!("key = \"/etc/key.pem\"\n{line}"));
    assert_eq!(
        said("client_certificates = \"on\""),
        ["p.toml:8: tls.client_certificates: must be \"off\" or \"optional\""]
    );
    assert!(
        said("client_authorities = \"ca.pem\"")[0]
            .starts_with("p.toml:8: tls.client_authorities: nobody shows a certificate")
    );
    let behind = problems(
        "certificate = \"chain.pem\"\nkey = \"/etc/key.pem\"\n",
        "trusted_proxy = true\nclient_certificates = \"optional\"\n",
    );
    assert!(
        behind.iter().any(
            |line| line.starts_with("p.toml:7: tls.client_certificates: the node asks for certificates only where")
        ),
        "{behind:?}"
    );
}

#[test]
fn proxies_are_listed_and_may_say_what_certificate_they_were_shown() {
    let networks = ["10.0.0.7/32", "10.1.0.0/16", "fd00::1/128"].map(|text| text.parse().unwrap());
    let listed = "[proxy]\npeers = [\"10.0.0.7\", \"10.1.0.0/16\", \"fd00::1\"]\n";
    let proxies = |certificate| {
        Peers::Listed(Proxies {
            addresses: networks.to_vec(),
            certificate,
        })
    };
    assert_eq!(also(listed).unwrap().peers, proxies(None));
    for (more, format) in [
        ("", CertificateFormat::Rfc9440),
        ("certificate_format = \"rfc9440\"\n", CertificateFormat::Rfc9440),
        ("certificate_format = \"escaped_pem\"\n", CertificateFormat::EscapedPem),
    ] {
        let config = also(&format!("{listed}certificate_header = \"Client-Cert\"\n{more}")).unwrap();
        let header = CertificateHeader::new("client-cert", format).unwrap();
        assert_eq!(config.peers, proxies(Some(header)), "{more}");
    }
    let environment = [("PROKURA__PROXY__PEERS", "10.0.0.7, 10.1.0.0/16,fd00::1")];
    assert_eq!(read(GOOD, &environment).unwrap().peers, proxies(None));
}

#[test]
fn who_names_no_proxies_trusts_whoever_connects_only_behind_trusted_proxy() {
    assert_eq!(read(GOOD, &[]).unwrap().peers, Peers::Connected);
    let behind = GOOD.replace(
        "certificate = \"chain.pem\"\nkey = \"/etc/key.pem\"",
        "trusted_proxy = true",
    );
    assert_eq!(read(&behind, &[]).unwrap().peers, Peers::Forwarded);
}

#[test]
fn s_43_whoever_may_send_a_certificate_header_is_named() {
    for (more, problem) in [
        (
            "[proxy]\ncertificate_header = \"Client-Cert\"\n",
            "p.toml:15: proxy.certificate_header: needs proxy.peers beside it",
        ),
        (
            "[proxy]\npeers = [\"0.0.0.0/0\"]\n",
            "p.toml:15: proxy.peers: 0.0.0.0/0 is every address there is",
        ),
        (
            "[proxy]\npeers = [\"10.0.0.7\", \"::/0\"]\n",
            "p.toml:15: proxy.peers: ::/0 is every address there is",
        ),
        ("[proxy]\npeers = []\n", "p.toml:15: proxy.peers: names nobody"),
        (
            "[proxy]\npeers = [\"proxy.internal\"]\n",
            "p.toml:15: proxy.peers: proxy.internal is neither an address nor a network",
        ),
        (
            "[proxy]\npeers = [\"10.1.0.7/16\"]\n",
            "p.toml:15: proxy.peers: 10.1.0.7/16 is neither an address nor a network",
        ),
        (
            "[proxy]\npeers = \"10.0.0.7\"\n",
            "p.toml:15: proxy.peers must be a list of texts in quotes",
        ),
        (
            "[proxy]\npeers = [10]\n",
            "p.toml:15: proxy.peers must be a list of texts in quotes",
        ),
        (
            "[proxy]\npeers = [\"10.0.0.7\"]\ncertificate_header = \"Client Cert\"\n",
            "p.toml:16: proxy.certificate_header: must be the name of a header",
        ),
        (
            "[proxy]\npeers = [\"10.0.0.7\"]\ncertificate_format = \"rfc9440\"\n",
            "p.toml:16: proxy.certificate_format: is the format of proxy.certificate_header, which is not set",
        ),
        (
            "[proxy]\npeers = [\"10.0.0.7\"]\ncertificate_header = \"C\"\ncertificate_format = \"pem\"\n",
            "p.toml:17: proxy.certificate_format: must be \"rfc9440\" or \"escaped_pem\"",
        ),
        (
            "[proxy]\npeer = [\"10.0.0.7\"]\n",
            "p.toml:15: unknown key peer in [proxy]; did you mean peers?",
        ),
    ] {
        let lines = also(more).unwrap_err();
        assert!(lines.len() == 1 && lines[0].starts_with(problem), "{more}: {lines:?}");
    }
}
