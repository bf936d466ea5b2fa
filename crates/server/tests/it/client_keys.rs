//! Keys that a client keeps at an address of its own (RFC 7591 s2 `jwks_uri`): they turn without asking anybody, and cost no more requests than they must (S-23, S-44).

use proof::Algorithm;
use serde_json::{Value, json};
use testkit::{Client, Key, World, assertion_form};

use crate::{
    document_host::{DocumentHost, Says},
    setup::refused,
};

struct Keyed {
    world: World,
    host: DocumentHost,
    client: Client,
}

/// A key with a name of its own, and how it stands in a key set.
fn named(kid: &str) -> (Key, Value) {
    let key = Key::new(Algorithm::ES256);
    let mut jwk = Value::from(key.public_jwk());
    jwk["kid"] = kid.into();
    (key, jwk)
}

impl Keyed {
    async fn new() -> Self {
        let (world, host) = (World::new().await, DocumentHost::new().await);
        let members = json!({
            "grant_types": ["client_credentials"], "scope": "read", "jwks_uri": host.id("keys.json"),
        });
        let mut client = Client::register_with(&world, "private_key_jwt", &members, None).await;
        client.issuer.clone_from(&world.issuer);
        Self { world, host, client }
    }

    fn serves(&self, keys: &[&Value]) {
        self.host
            .serves("keys.json", &json!({ "keys": keys }), &["Cache-Control: max-age=3600"]);
    }

    /// What is said to an assertion by a key under a name.
    async fn ask(&self, key: &Key, kid: &str) -> testkit::Answer {
        let claims = self.client.assertion_claims(&self.world);
        let assertion = key.sign(&json!({ "alg": "ES256", "kid": kid }), &claims).await;
        let mut form = vec![("grant_type", "client_credentials".to_owned())];
        form.extend(assertion_form(&assertion));
        self.world.post("/oauth2/token", &[], &form).await
    }

    fn asked(&self) -> usize {
        self.host.asked("keys.json")
    }
}

#[tokio::test]
async fn s_23_keys_turn_by_themselves_and_the_old_one_ends() {
    let keyed = Keyed::new().await;
    let ((first, first_jwk), (second, second_jwk)) = (named("first"), named("second"));
    keyed.serves(&[&first_jwk]);
    for _ in 0..3 {
        assert_eq!(keyed.ask(&first, "first").await.status, 200);
    }
    assert_eq!(keyed.asked(), 1, "what was read is kept");
    keyed.serves(&[&second_jwk]);
    keyed.world.advance(31);
    assert_eq!(
        keyed.ask(&second, "second").await.status,
        200,
        "a name that is not known is looked for"
    );
    assert_eq!(keyed.asked(), 2);
    refused(&keyed.ask(&first, "first").await, 401, "invalid_client", "the old key");
    refused(
        &keyed.ask(&first, "second").await,
        401,
        "invalid_client",
        "the old key under the new name",
    );
}

#[tokio::test]
async fn s_44_names_of_keys_that_nobody_has_are_no_flood_of_requests() {
    let keyed = Keyed::new().await;
    let (key, jwk) = named("known");
    keyed.serves(&[&jwk]);
    assert_eq!(keyed.ask(&key, "known").await.status, 200);
    let stranger = Key::new(Algorithm::ES256);
    for n in 0..20 {
        let answer = keyed.ask(&stranger, &format!("made-up-{n}")).await;
        refused(&answer, 401, "invalid_client", "a stranger");
    }
    assert_eq!(keyed.asked(), 1, "within half a minute of the last look");
    keyed.world.advance(31);
    for n in 0..20 {
        keyed.ask(&stranger, &format!("made-up-{n}")).await;
    }
    assert_eq!(keyed.asked(), 2, "one more look for all of them");
}

#[tokio::test]
async fn s_23_an_address_that_does_not_answer_stops_nobody_for_an_hour_and_then_everybody() {
    let keyed = Keyed::new().await;
    let (key, jwk) = named("known");
    keyed.host.says(
        "keys.json",
        Says::Bytes(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n".to_vec()),
    );
    refused(&keyed.ask(&key, "known").await, 401, "invalid_client", "never read");
    keyed
        .host
        .serves("keys.json", &json!({ "keys": [jwk] }), &["Cache-Control: max-age=60"]);
    assert_eq!(keyed.ask(&key, "known").await.status, 200);
    keyed.host.says(
        "keys.json",
        Says::Bytes(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n".to_vec()),
    );
    keyed.world.advance(3_000);
    assert_eq!(
        keyed.ask(&key, "known").await.status,
        200,
        "what was read within the hour counts"
    );
    keyed.world.advance(601);
    refused(
        &keyed.ask(&key, "known").await,
        401,
        "invalid_client",
        "an hour after it was read",
    );
}
