//! `prokura key`, and the key pairs of clients.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::Result;
use base64::{Engine, engine::general_purpose::STANDARD};
use clap::{Args, Subcommand, ValueEnum};
use keys::{Signer, SoftwareKey};
use proof::{Algorithm, certificate};
use serde_json::{Value, json};

use super::{
    api::Call,
    arguments::Planned,
    console::Console,
    failure::{Exit, Failure},
    file,
    member::{items, text, time},
    table::Table,
    when,
};
use crate::config::secret_file;

#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// List a tenant's signing keys and what each does now
    List,
    /// Publish new signing keys now; they sign as soon as everyone can know them
    Rotate(Planned),
    /// Make the key that encrypts signing keys in the database, in a file that only its owner can read
    Kek(KekArguments),
}

#[derive(Debug, Args)]
pub(super) struct KekArguments {
    /// The file to make; an existing one is never overwritten
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// The algorithm of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum KeyAlgorithm {
    #[value(name = "EdDSA")]
    EdDSA,
    #[value(name = "ES256")]
    Es256,
}

impl KeyAlgorithm {
    /// Its registered name.
    pub(super) const fn name(self) -> &'static str {
        self.algorithm().name()
    }

    const fn algorithm(self) -> Algorithm {
        match self {
            Self::EdDSA => Algorithm::EdDSA,
            Self::Es256 => Algorithm::ES256,
        }
    }
}

pub(super) async fn run(command: KeyCommand, console: &Console<'_>) -> Result<()> {
    match command {
        KeyCommand::List => {
            let document = console.api()?.send(&Call::get("list keys", &["keys"])).await?;
            console.show(&document, &table(items(&document, "keys"), console.now).text())
        }
        KeyCommand::Rotate(planned) => {
            let Some(document) = console
                .change(
                    Call::post("rotate keys", &["keys", "rotate"])
                        .on_conflict("wait until older keys have ended; prokura key list shows what each does"),
                    planned,
                )
                .await?
            else {
                return Ok(());
            };
            console.show(&document, &table(items(&document, "keys"), console.now).text())
        }
        KeyCommand::Kek(KekArguments { out }) => {
            secret_file(&out, &format!("{}\n", proof::base64url::encode(&keys::random::<32>()?)))?;
            console.say(&format!(
                "made {}; keep a copy apart from the database's backups: without it no signing key can be opened",
                out.display()
            ));
            Ok(())
        }
    }
}

fn table(keys: &[Value], now: i64) -> Table {
    let mut newest: BTreeMap<String, i64> = BTreeMap::new();
    for key in keys {
        if let Some(from) = time(key, "active_from").filter(|from| *from <= now) {
            let known = newest.entry(text(key, "alg")).or_insert(from);
            *known = from.max(*known);
        }
    }
    let mut sorted: Vec<&Value> = keys.iter().collect();
    sorted.sort_by_key(|key| (text(key, "alg"), time(key, "active_from")));
    let mut table = Table::new(&["KEY", "ALG", "DOES", "SIGNS FROM", "CREATED"]);
    for key in sorted {
        let from = time(key, "active_from").unwrap_or(now);
        let does = if from > now {
            "is published"
        } else if newest.get(&text(key, "alg")) == Some(&from) {
            "signs"
        } else {
            "verifies"
        };
        table.row(&[
            text(key, "kid"),
            text(key, "alg"),
            does.to_owned(),
            when::both(from, now),
            time(key, "created_at")
                .map(|at| when::relative(at, now))
                .unwrap_or_default(),
        ]);
    }
    table
}

/// A key pair that was made for a client.
#[derive(Debug)]
pub(super) struct ClientKey {
    file: PathBuf,
    public: Value,
}

impl ClientKey {
    /// Makes the pair and writes the private half first: a registered key whose private half is lost would be of no use.
    pub(super) fn generate(alg: KeyAlgorithm, file: PathBuf, planned: Planned) -> Result<Self> {
        let (key, pkcs8) = SoftwareKey::generate(alg.algorithm())?;
        if !planned.dry_run {
            let private = keys::private_jwk(alg.algorithm(), pkcs8.reveal())?;
            secret_file(&file, &format!("{}\n", serde_json::to_string_pretty(&private)?))?;
        }
        Ok(Self {
            file,
            public: Value::Object(key.public_key().to_jwk()),
        })
    }

    /// The file with the private half.
    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// The public half, as a JWK Set.
    pub(super) fn public_set(&self) -> Value {
        json!({ "keys": [self.public] })
    }

    /// The server said no: a key that nobody knows is of no use.
    pub(super) fn forget(&self) {
        drop(std::fs::remove_file(&self.file)); // the refusal is the error to tell
    }
}

/// Reads public keys from a file: a JWK Set (RFC 7517 s5), one JWK, or a certificate in PEM. A private key never leaves this machine.
pub(super) fn public_keys(file: &Path) -> Result<Value> {
    let text = file::text(file)?;
    if let Some(pem) = first_pem(&text) {
        return of_certificate(file, pem);
    }
    let document = file::of_json(file, &text, "a JWK Set, one JWK, or a certificate in PEM,")?;
    let set = if document.get("kty").is_some() {
        json!({ "keys": [document] })
    } else {
        document
    };
    if !set.get("keys").is_some_and(Value::is_array) {
        return Err(Failure::new(
            Exit::Error,
            format!(
                "{} is neither a JWK, nor a JWK Set, nor a certificate in PEM",
                file.display()
            ),
        )
        .advice("give one of these; openssl req -x509 makes a certificate, --generate-key a key pair")
        .into());
    }
    let private = |key: &Value| {
        ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]
            .iter()
            .any(|member| key.get(member).is_some())
    };
    if items(&set, "keys").iter().any(private) {
        return Err(Failure::new(
            Exit::Error,
            format!("{} has a private key, which must not leave its owner", file.display()),
        )
        .advice("register the public half only: the same JWK without d, p, q, dp, dq, qi, oth and k")
        .into());
    }
    Ok(set)
}

/// The first certificate of a file in PEM (RFC 7468): what `openssl` writes may have text before it.
fn first_pem(text: &str) -> Option<&str> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    let (_, rest) = text.split_once(BEGIN)?;
    let inner = rest.find(END)?;
    let start = text.len().checked_sub(rest.len())?.checked_sub(BEGIN.len())?;
    let end = start
        .checked_add(BEGIN.len())?
        .checked_add(inner)?
        .checked_add(END.len())?;
    text.get(start..end)
}

/// The key of a certificate as a JWK Set, with the certificate beside it (RFC 8705 s2.2.2).
fn of_certificate(file: &Path, pem: &str) -> Result<Value> {
    let unusable = |why: String| {
        Failure::new(
            Exit::Error,
            format!("the certificate in {} cannot be used", file.display()),
        )
        .why(why)
        .advice("give an X.509 version 3 certificate for a key of Ed25519, P-256, or RSA of 2048 to 4096 bits")
    };
    let der = certificate::from_escaped_pem(pem).map_err(|error| unusable(error.to_string()))?;
    let parsed = certificate::Certificate::parse(&der).map_err(|error| unusable(error.to_string()))?;
    let key = parsed
        .public_key()
        .ok_or_else(|| unusable("its key is of no kind that is known here".to_owned()))?;
    let mut jwk = key.to_jwk();
    jwk.remove("alg"); // a certificate names no JOSE algorithm
    jwk.insert("x5c".to_owned(), json!([STANDARD.encode(&der)]));
    Ok(json!({ "keys": [jwk] }))
}

#[cfg(test)]
mod tests {
    use super::first_pem;

    #[test]
    fn a_certificate_is_found_behind_text_and_before_others() {
        let pem = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----";
        assert_eq!(first_pem(&format!("subject=x\n{pem}\n{pem}\n")), Some(pem));
        for none in ["{}", "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"] {
            assert_eq!(first_pem(none), None, "{none}");
        }
    }
}
