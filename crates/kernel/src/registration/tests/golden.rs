//! The golden vectors: requests at the registration endpoint (RFC 7591 s3.1) and at the address of a registration (RFC 7592 s2), with their tokens and their JSON.

use super::*;
use crate::vectors::{Outcome, Presented, Vector};

#[test]
fn golden_vectors_of_registration_hold() {
    vectors::golden("registration", |vector| Outcome::from(asked(vector)));
}

/// The facts are the `tenant`, the `scopes` that it knows, how many registrations are `unused`, the `administrator` whose token was shown, and the `client` that the
/// address names.
fn asked(vector: &Vector) -> Result<Decision, Why> {
    let loaded = vector.facts(&["tenant", "scopes", "unused", "administrator", "client"]);
    let tenant = facts::tenant(&loaded["tenant"]);
    let presented = Presented::read(&vector.request);
    let known = Scopes::parse(loaded.get("scopes").and_then(Value::as_str).unwrap_or_default())?;
    let metadata = || Metadata::read(&presented.document(), Said::Registration, &known).map(Box::new);
    let path = presented.path(&tenant.issuer).strip_prefix("/oauth2/register").unwrap();
    let id = || facts::id(path.strip_prefix('/').unwrap());
    let command = match (presented.method(), path) {
        ("POST", "") => Command::Register(metadata()?),
        ("GET", _) => Command::Read(id()),
        ("PUT", _) => Command::Replace(id(), metadata()?),
        ("DELETE", _) => Command::Delete(id()),
        other => panic!("no such request: {other:?}"),
    };
    let caller = loaded.get("administrator").map_or_else(nobody, vectors::administrator);
    let shown = presented.bearer().map(|token| digest::sha256_b64(token.as_bytes()));
    let facts = Facts {
        tenant: &tenant,
        unused: loaded.get("unused").map_or(0, |count| count.as_i64().unwrap()),
        client: loaded.get("client").map(facts::client).map(|client| {
            let known = match &client.registration {
                client::Registration::Itself { token_digest, .. } if shown.as_ref() == Some(token_digest) => {
                    Known::Token
                }
                client::Registration::Itself { .. }
                | client::Registration::Administrator
                | client::Registration::Document { .. } => Known::No,
            };
            (client, known)
        }),
    };
    if let (Some((client, _)), Command::Read(id) | Command::Replace(id, _) | Command::Delete(id)) =
        (&facts.client, &command)
    {
        assert_eq!(
            client.id, *id,
            "the client among the facts is the one that the address names"
        );
    }
    Ok(decide(&command, &caller, &facts, &vector.at))
}
