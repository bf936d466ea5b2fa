//! Clients whose instances are attested (draft-ietf-oauth-attestation-based-client-auth-10): the attester says that an instance is genuine, and the instance proves that it is that one.

use proof::Algorithm;
use serde_json::{Value, json};
use testkit::{Answer, Asking, Browser, Client, Key, World, unique};

use crate::{
    people::CALLBACK,
    setup::{MCP, refused},
};

struct Fleet {
    world: World,
    attester: Key,
    client: Client,
}

impl Fleet {
    async fn new(members: Value) -> Self {
        let world = World::new().await;
        world.resource(MCP, &[]).await;
        let attester = Key::new(Algorithm::ES256);
        let mut all = json!({ "jwks": { "keys": [attester.public_jwk()] }, "scope": "read", "resources": [MCP] });
        all.as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        let client = Client::register_with(&world, "attest_jwt_client_auth", &all, None).await;
        Self {
            world,
            attester,
            client,
        }
    }

    async fn machines() -> Self {
        Self::new(json!({ "grant_types": ["client_credentials"] })).await
    }

    async fn challenge(&self) -> String {
        let answer = self.world.post("/oauth2/attestation-challenge", &[], &[]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.text_of("attestation_challenge").to_owned()
    }

    async fn attestation(&self, attester: &Key, instance: &Key, change: impl FnOnce(&mut Value)) -> String {
        let now = self.world.now();
        let mut claims = json!({
            "iss": "https://attester.example", "sub": self.client.id, "iat": now, "exp": now + 3_600, "cnf": { "jwk": instance.public_jwk() },
        });
        change(&mut claims);
        let header = json!({ "typ": "oauth-client-attestation+jwt", "alg": "ES256", "kid": attester.thumbprint() });
        attester.sign(&header, &claims).await
    }

    async fn proof(&self, instance: &Key, change: impl FnOnce(&mut Value)) -> String {
        let mut claims = json!({
            "iss": self.client.id, "aud": self.world.issuer, "jti": unique(), "iat": self.world.now(), "challenge": self.challenge().await,
        });
        change(&mut claims);
        let header = json!({ "typ": "oauth-client-attestation-pop+jwt", "alg": instance.algorithm().name() });
        instance.sign(&header, &claims).await
    }

    async fn good(&self, instance: &Key) -> (String, String) {
        let attestation = self.attestation(&self.attester, instance, |_| {}).await;
        (attestation, self.proof(instance, |_| {}).await)
    }

    async fn ask(&self, (attestation, proof): &(String, String), form: &[(&str, String)]) -> Answer {
        let headers = [
            ("oauth-client-attestation", attestation.clone()),
            ("oauth-client-attestation-pop", proof.clone()),
        ];
        self.world.post("/oauth2/token", &headers, form).await
    }

    async fn token(&self, shown: &(String, String)) -> Answer {
        let form = [
            ("grant_type", "client_credentials".to_owned()),
            ("resource", MCP.to_owned()),
        ];
        self.ask(shown, &form).await
    }
}

#[tokio::test]
async fn an_attested_instance_is_its_client_and_its_proof_counts_once() {
    let fleet = Fleet::machines().await;
    for instance in [Key::new(Algorithm::ES256), Key::new(Algorithm::EdDSA)] {
        let shown = fleet.good(&instance).await;
        let answer = fleet.token(&shown).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.text_of("scope"), "read");
        refused(
            &fleet.token(&shown).await,
            401,
            "invalid_client_attestation",
            "the same proof",
        );
    }
}

#[tokio::test]
async fn s_11_who_is_not_attested_or_cannot_prove_it_is_nobody() {
    let fleet = Fleet::machines().await;
    let (instance, other) = (Key::new(Algorithm::ES256), Key::new(Algorithm::ES256));
    let good = fleet.attestation(&fleet.attester, &instance, |_| {}).await;
    let now = fleet.world.now();
    let rows = [
        (
            "an attester of nobody",
            fleet.attestation(&other, &instance, |_| {}).await,
            fleet.proof(&instance, |_| {}).await,
        ),
        (
            "an attestation that is over",
            fleet
                .attestation(&fleet.attester, &instance, |claims| claims["exp"] = (now - 60).into())
                .await,
            fleet.proof(&instance, |_| {}).await,
        ),
        (
            "an attestation without a key",
            fleet
                .attestation(&fleet.attester, &instance, |claims| claims["cnf"] = json!({}))
                .await,
            fleet.proof(&instance, |_| {}).await,
        ),
        (
            "a proof by another key",
            good.clone(),
            fleet.proof(&other, |_| {}).await,
        ),
        (
            "a proof for another server",
            good.clone(),
            fleet
                .proof(&instance, |claims| claims["aud"] = "https://other.example".into())
                .await,
        ),
        (
            "an old proof",
            good.clone(),
            fleet
                .proof(&instance, |claims| claims["iat"] = (now - 600).into())
                .await,
        ),
    ];
    for (what, attestation, proof) in rows {
        let answer = fleet.token(&(attestation, proof)).await;
        refused(&answer, 401, "invalid_client_attestation", what);
    }
    // Another client's name: whose attestation it is, decides who is asked for.
    let named = fleet
        .attestation(&fleet.attester, &instance, |claims| claims["sub"] = "another".into())
        .await;
    let answer = fleet.token(&(named, fleet.proof(&instance, |_| {}).await)).await;
    refused(&answer, 401, "invalid_client", "of a client that is not there");
}

#[tokio::test]
async fn a_proof_needs_a_fresh_challenge_of_ours_and_the_answer_brings_one() {
    let fleet = Fleet::machines().await;
    let instance = Key::new(Algorithm::ES256);
    let stale = fleet.challenge().await;
    fleet.world.advance(3_600);
    let attestation = fleet.attestation(&fleet.attester, &instance, |_| {}).await;
    for (what, challenge) in [("none", None), ("made up", Some("x".repeat(32))), ("old", Some(stale))] {
        let proof = fleet
            .proof(&instance, |claims| match challenge {
                None => drop(claims.as_object_mut().unwrap().remove("challenge")),
                Some(challenge) => claims["challenge"] = challenge.into(),
            })
            .await;
        let answer = fleet.token(&(attestation.clone(), proof)).await;
        refused(&answer, 400, "use_attestation_challenge", what);
        let fresh = answer.header("oauth-client-attestation-challenge").unwrap().to_owned();
        let proof = fleet
            .proof(&instance, |claims| claims["challenge"] = fresh.into())
            .await;
        assert_eq!(fleet.token(&(attestation.clone(), proof)).await.status, 200, "{what}");
    }
}

#[tokio::test]
async fn s_17_a_line_of_refresh_tokens_belongs_to_the_instance_that_began_it() {
    let members = json!({ "redirect_uris": [CALLBACK], "grant_types": ["authorization_code", "refresh_token"], "scope": "", "resources": [] });
    let fleet = Fleet::new(members).await;
    let alice = fleet.world.person("alice@demo.test").await;
    let asking = Asking::of(&fleet.client.id, CALLBACK, Some(MCP), Some("read"));
    let page = Browser::new(&fleet.world).agree(&fleet.world, &alice, &asking).await;
    let (instance, other) = (Key::new(Algorithm::ES256), Key::new(Algorithm::ES256));
    let form = [
        ("grant_type", "authorization_code".to_owned()),
        ("code", page.parameter("code").unwrap()),
        ("redirect_uri", CALLBACK.to_owned()),
        ("code_verifier", asking.verifier.clone()),
    ];
    let answer = fleet.ask(&fleet.good(&instance).await, &form).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let refresh = |token: &str| {
        [
            ("grant_type", "refresh_token".to_owned()),
            ("refresh_token", token.to_owned()),
        ]
    };
    let token = answer.text_of("refresh_token").to_owned();
    let stolen = fleet.ask(&fleet.good(&other).await, &refresh(&token)).await;
    refused(&stolen, 400, "invalid_grant", "another instance of the same client");
    let again = fleet.ask(&fleet.good(&instance).await, &refresh(&token)).await;
    assert_eq!(again.status, 200, "its own instance goes on: {again:?}");
}
