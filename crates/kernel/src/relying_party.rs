//! Apps that were told who is signed in by which browser session, and want to hear when it ends (OpenID Connect Back-Channel Logout 1.0).
//!
//! The note is written with the ID token. Whatever ends the session, a person, an administrator or time, a job finds the notes of sessions that are over and tells the apps;
//! a note goes when its app has answered, or after some tries.

use proof::{Time, json};
use serde_json::json;

use crate::{
    client::Client,
    decision::Unsigned,
    id::{BrowserSessionId, ClientId, UserId},
    moment::Moment,
    tenant::Tenant,
    token::TenantKeys,
};

/// How long a logout token counts, in seconds (Back-Channel Logout s2.4: two minutes are enough).
pub const LOGOUT_TOKEN_SECONDS: i64 = 120;
/// How often an app is tried before it is given up.
pub const TRIES_MAX: i64 = 6;
/// The event of a logout token (s2.4).
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// A note that an app knows of a browser session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelyingParty {
    /// Which session.
    pub session: BrowserSessionId,
    /// Which app.
    pub client: ClientId,
    /// Who is signed in by it.
    pub user: UserId,
    /// When the app was told.
    pub told: Time,
    /// How often it was tried to tell it of the end.
    pub tries: i64,
}

/// When to try again after so many tries, in seconds: soon at first, later less often.
pub const fn pause_seconds(tries: i64) -> i64 {
    match tries {
        0 | 1 => 5,
        2 => 30,
        3 => 300,
        _ => 3_600,
    }
}

/// The logout token for an app (Back-Channel Logout s2.4): both who and by which session, never a nonce.
pub fn logout_token(note: &RelyingParty, client: &Client, tenant: &Tenant, keys: &TenantKeys, at: &Moment) -> Unsigned {
    let label = format!("logout token {}", client.id); // one moment tells several apps
    let mut claims = json::Object::new();
    claims.insert("iss".to_owned(), tenant.issuer.as_str().into());
    claims.insert("sub".to_owned(), keys.subject_at(client, &note.user).into());
    claims.insert("aud".to_owned(), client.id.as_str().into());
    claims.insert("iat".to_owned(), at.now.unix().into());
    claims.insert("exp".to_owned(), at.now.plus(LOGOUT_TOKEN_SECONDS).unix().into());
    claims.insert("jti".to_owned(), at.secret(&label).into());
    claims.insert("sid".to_owned(), keys.session_at(client, &note.session).into());
    claims.insert("events".to_owned(), json!({ EVENT: {} }));
    Unsigned {
        typ: "logout+jwt",
        signing: client.signing(client.further.id_token, tenant), // s2.4: as the ID tokens of this client
        claims,
        hash_of: None,
    }
}

/// What a change does to notes whether or not a row is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// The app knows of the session.
    Tell {
        /// Which session.
        session: BrowserSessionId,
        /// Which app.
        client: ClientId,
        /// Who is signed in.
        user: UserId,
        /// When.
        at: Time,
    },
    /// The app was told of its end, or is given up.
    Forget {
        /// Which session.
        session: BrowserSessionId,
        /// Which app.
        client: ClientId,
    },
    /// The app did not answer; it is tried again then.
    TryAgain {
        /// Which session.
        session: BrowserSessionId,
        /// Which app.
        client: ClientId,
        /// How often it was tried now.
        tries: i64,
        /// When next.
        at: Time,
    },
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::vectors::{facts, people};

    const NOW: i64 = 1_795_000_000;

    fn client(members: &Value) -> Client {
        let mut row = json!({
            "client_id": "app", "token_endpoint_auth_method": "none", "redirect_uris": ["https://app.example/cb"],
            "backchannel_logout_uri": "https://app.example/logout",
        });
        row.as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        facts::client(&row)
    }

    fn told(client: &Client, tenant: &Value, seed: u8) -> Unsigned {
        let note = RelyingParty {
            session: facts::id("browser-1"),
            client: client.id.clone(),
            user: facts::id("alice"),
            told: Time::from_unix(NOW - 500),
            tries: 0,
        };
        let mut row = json!({ "id": "default", "issuer": "https://as.example" });
        row.as_object_mut().unwrap().extend(tenant.as_object().unwrap().clone());
        let at = people::moment(NOW, seed);
        logout_token(&note, client, &facts::tenant(&row), &people::any_tenant_keys(), &at)
    }

    #[test]
    fn a_logout_token_says_what_back_channel_logout_section_2_4_wants_and_no_nonce() {
        let keys = people::any_tenant_keys();
        let client = client(&json!({}));
        let token = told(&client, &json!({}), 7);
        let expected = json!({
            "iss": "https://as.example", "sub": keys.subject_at(&client, &facts::id("alice")), "aud": "app", "iat": NOW, "exp": NOW + 120,
            "jti": people::moment(NOW, 7).secret("logout token app"), "sid": keys.session_at(&client, &facts::id("browser-1")),
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        assert_eq!(Value::from(token.claims), expected);
        assert_eq!(
            (token.typ, token.signing.name(), token.hash_of),
            ("logout+jwt", "RS256", None),
            "s2.4: of its own type, so that nobody takes it for an ID token"
        );
    }

    #[test]
    fn it_is_signed_as_the_id_tokens_of_the_client_are() {
        for (registered, tenant, alg) in [
            (json!({ "id_token_signed_response_alg": "ES256" }), json!({}), "ES256"),
            (
                json!({ "id_token_signed_response_alg": "Ed25519" }),
                json!({}),
                "Ed25519",
            ),
            (json!({ "userinfo_signed_response_alg": "ES256" }), json!({}), "RS256"),
            (json!({ "security_profile": "fapi2" }), json!({}), "PS256"), // FAPI 2.0 s5.4.1
            (json!({}), json!({ "security_profile": "fapi2" }), "PS256"),
        ] {
            let token = told(&client(&registered), &tenant, 7);
            assert_eq!(token.signing.name(), alg, "{registered} {tenant}");
        }
    }

    #[test]
    fn no_two_logout_tokens_have_the_same_id() {
        let one =
            |id: &str, seed: u8| told(&client(&json!({ "client_id": id })), &json!({}), seed).claims["jti"].clone();
        assert_ne!(one("app", 7), one("app", 8), "tried again");
        assert_ne!(one("app", 7), one("other", 7), "one moment tells several apps");
    }

    #[test]
    fn an_app_that_does_not_answer_is_tried_soon_and_then_less_often() {
        let pauses: Vec<i64> = (1..TRIES_MAX).map(pause_seconds).collect();
        assert!(
            pauses.windows(2).all(|two| two[0] <= two[1]) && pauses[0] > 0,
            "{pauses:?}"
        );
        let all: i64 = pauses.iter().sum();
        assert!(
            (600..86_400).contains(&all),
            "an app may be away for minutes, not for days: {all}"
        );
    }
}
