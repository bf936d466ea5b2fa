//! RFC 6749 s4.1.1 and s4.1.2, RFC 7636 s4.3, RFC 8252 s7.3 and s8.6, RFC 8707 s2, RFC 9101 s10.5, RFC 9126 s5, RFC 9207 s2, RFC 9449 s10, RFC 9470 s5,
//! OpenID Connect Core s3.1.2 and s5.5, JARM s2.

mod answered;
mod asked;
mod assured;
mod begun;
mod claimed;
mod consented;
mod delivered;
mod detailed;
mod golden;
mod held;
mod modes;
mod returned;

use proof::Time;
use serde_json::{Value, json};

use super::*;
use crate::{
    caller::{Caller, Who},
    client::Client,
    decision::{Answer, Before, Change, ConsentAsk, Decision, Guard, Pending, Reply, Return, Touch},
    form::Form,
    grant::{self, Grant},
    moment::Moment,
    resource::Resource,
    tenant::Tenant,
    user::User,
    vectors::{facts, people},
    why::Why,
};

const NOW: i64 = 1_795_000_000;
const ISSUER: &str = "https://as.example";
const HERE: &str = "https://mcp.example/mcp";
const BACK: &str = "https://app.example/cb";
/// RFC 7636 App. B.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// The thumbprint of RFC 9449 s6.1.
const JKT: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";

fn at() -> Moment {
    people::moment(NOW, 7)
}

fn tenant() -> Tenant {
    facts::tenant(&json!({ "id": "default", "issuer": ISSUER }))
}

/// A client with these members beside those of a web site with a secret.
fn client(changed: &Value) -> Client {
    let mut row = json!({
        "client_id": "app", "client_name": "App", "token_endpoint_auth_method": "client_secret_basic", "client_secret_digest": "d",
        "grant_types": ["authorization_code", "refresh_token"], "redirect_uris": [BACK], "epoch": 3, "created_at": 1000,
    });
    for (name, value) in changed.as_object().unwrap() {
        row[name] = value.clone();
    }
    row.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    facts::client(&row)
}

fn web() -> Client {
    client(&json!({}))
}

fn public(redirect_uri: &str) -> Client {
    client(
        &json!({ "token_endpoint_auth_method": "none", "client_secret_digest": null, "redirect_uris": [redirect_uri] }),
    )
}

/// A client that came with a document of its own.
fn stranger() -> Client {
    client(&json!({
        "client_id": "https://agent.example/client.json", "token_endpoint_auth_method": "none", "client_secret_digest": null,
        "document_fetched_at": NOW,
    }))
}

fn registered_itself() -> Client {
    client(&json!({ "registration_token_digest": "t" }))
}

/// A resource where who may write may read, and who may do all may write.
fn here() -> Resource {
    facts::resource(&json!({
        "resource": HERE, "scopes": { "read": "see it", "write": "change it", "admin": "all of it", "mail": "write to you" },
        "implied_scopes": { "write": ["read"], "admin": ["write"] },
    }))
}

/// A resource that knows no scopes.
fn bare() -> Resource {
    facts::resource(&json!({ "resource": HERE }))
}

fn alice() -> User {
    people::user(&json!({ "id": "alice", "login": "alice@demo.test", "groups": ["finance"], "epoch": 5 }))
}

fn signed_in_at(seconds: i64) -> Caller {
    signed_in_by("passkey_verified", seconds)
}

fn signed_in_by(method: &str, seconds: i64) -> Caller {
    let session = json!({ "id": "browser-1", "user_id": "alice", "method": method, "signed_in_at": seconds });
    people::signed_in(&alice(), &people::browser_session(&session))
}

/// Somebody who signed in ten minutes ago.
fn by_alice() -> Caller {
    signed_in_at(NOW - 600)
}

fn nobody() -> Caller {
    Caller::plain(Who::Anyone)
}

/// A query with these parameters.
fn form(parameters: &[(&str, &str)]) -> Form {
    let hex = |b: u8| format!("%{b:02x}");
    let encoded = |text: &str| text.bytes().map(hex).collect::<Vec<_>>().concat();
    let pairs = parameters
        .iter()
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    Form::parse(pairs.collect::<Vec<_>>().join("&").as_bytes(), REPEATABLE).unwrap()
}

/// A whole request, but for these parameters; `-` leaves one out.
fn query(changed: &[(&str, &str)]) -> Form {
    let good = [
        ("response_type", "code"),
        ("client_id", "app"),
        ("redirect_uri", BACK),
        ("state", "xyz"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("scope", "read"),
        ("resource", HERE),
    ];
    let kept = good
        .into_iter()
        .filter(|(name, _)| !changed.iter().any(|(other, _)| other == name));
    let pairs: Vec<(&str, &str)> = kept
        .chain(changed.iter().copied())
        .filter(|(_, value)| *value != "-")
        .collect();
    form(&pairs)
}

fn read_by(client: &Client, changed: &[(&str, &str)]) -> Result<Asked, Why> {
    read_at(&tenant(), client, Carried::PLAIN, changed)
}

/// The request of this client at this tenant, as it was carried.
fn read_at(tenant: &Tenant, client: &Client, carried: Carried, changed: &[(&str, &str)]) -> Result<Asked, Why> {
    let form = query(changed);
    let returns = Returns {
        redirect_uri: client.redirect_uris[0].clone(),
        state: Some("xyz".to_owned()),
        mode: ResponseMode::Query,
    };
    Asked::parse(&form, client, tenant, returns, carried, &at())
}

/// The request of this client with these parameters.
fn asked_by(client: &Client, changed: &[(&str, &str)]) -> Asked {
    read_by(client, changed).unwrap()
}

fn asked(changed: &[(&str, &str)]) -> Asked {
    asked_by(&web(), changed)
}

/// The request after the sign-in page.
fn sent_to_sign_in(asked: &Asked) -> Asked {
    Asked {
        sent_to_sign_in: Wish::Yes,
        ..asked.clone()
    }
}

/// What is there: a client, a place, no rules, nothing granted.
struct World {
    tenant: Tenant,
    keys: crate::token::TenantKeys,
    client: Option<Client>,
    resource: Option<Resource>,
    rules: crate::policy::Rules,
    types: crate::detail::Types,
    grants: Vec<Vec<Grant>>,
    answered: Answered,
}

fn world() -> World {
    World {
        tenant: tenant(),
        keys: people::any_tenant_keys(),
        client: Some(web()),
        resource: Some(here()),
        rules: crate::policy::Rules::default(),
        types: crate::detail::Types::default(),
        grants: Vec::new(),
        answered: Answered::NotYet,
    }
}

fn of(client: &Client) -> World {
    World {
        client: Some(client.clone()),
        ..world()
    }
}

impl World {
    fn facts(&self) -> Facts<'_> {
        Facts {
            types: self.types.clone(),
            tenant: &self.tenant,
            keys: &self.keys,
            client: self.client.clone(),
            resource: self.resource.clone(),
            rules: self.rules.clone(),
            grants: self.grants.clone(),
            answered: self.answered,
        }
    }

    fn begin(&self, asked: &Asked, caller: &Caller) -> Decision {
        begin(asked, caller, &self.facts(), &at())
    }

    fn answer(&self, asked: &Asked, said: &Said) -> Decision {
        answer(asked, said, &by_alice(), &self.facts(), &at())
    }

    /// With these rules, each by the scope and what it says of it.
    fn ruled(self, rules: &[Value]) -> Self {
        Self {
            rules: rules.iter().map(people::rule).collect(),
            ..self
        }
    }

    /// With one thing that the person said yes to before: what, and what it rests on.
    fn granted(self, scope: &str, basis: &str) -> Self {
        Self {
            grants: vec![vec![yes(scope, basis)]],
            ..self
        }
    }
}

/// A person's yes to the client `app`, from 100 seconds ago.
fn yes(scope: &str, basis: &str) -> Grant {
    facts::grant(&json!({
        "id": "yes-1", "client_id": "app", "user_id": "alice", "scope": scope, "resources": [HERE], "own_endpoints": false, "depth": 4,
        "expires_at": NOW + 1_000, "given_by_person": basis, "epoch": 2, "created_at": NOW - 100,
    }))
}

fn forbid(scope: &str) -> Value {
    json!({ "id": format!("forbid-{scope}"), "effect": "forbid", "scope": scope })
}

fn allow(scope: &str) -> Value {
    json!({ "id": format!("allow-{scope}"), "effect": "allow", "scope": scope })
}

fn scopes(text: &str) -> crate::Scopes {
    crate::Scopes::parse(text).unwrap()
}

fn yes_but(without: &str) -> Said {
    Said::Allow {
        details: crate::authorization::Chosen::default(),
        without: scopes(without),
    }
}

fn why(decision: &Decision) -> Option<Why> {
    match decision.answer() {
        Answer::Refuse(code, why) => {
            assert_eq!(*code, why.code());
            Some(why.clone())
        }
        Answer::Issue(_) | Answer::Wait(_) => None,
    }
}

/// The row of the code that is given, if one is.
fn code(decision: &Decision) -> Option<&crate::authorization_code::AuthorizationCode> {
    decision.change().guards.iter().find_map(|guard| {
        let Guard::AuthorizationCode(crate::authorization_code::Guard::Create(code)) = guard else {
            return None;
        };
        Some(code.as_ref())
    })
}

/// The grant that is made, if one is.
fn made(decision: &Decision) -> Option<&Grant> {
    decision.change().guards.iter().find_map(|guard| {
        let Guard::Grant(grant::Guard::Create(grant)) = guard else {
            return None;
        };
        Some(grant.as_ref())
    })
}

/// What happens, in a word: a code with its scope, a question with what is open, somebody must sign in, or the reason of a refusal.
fn outcome(decision: &Decision) -> String {
    match decision.answer() {
        Answer::Issue(_) => format!("code: {}", code(decision).unwrap().scopes.joined()),
        Answer::Wait(Pending::SignIn(_)) => "sign in".to_owned(),
        Answer::Wait(Pending::Consent(ask)) => format!("ask: {}", ask.open.joined()),
        Answer::Wait(Pending::SignOut { .. }) => "sign out".to_owned(),
        Answer::Wait(Pending::Approval(_)) => "approval".to_owned(),
        Answer::Refuse(_, why) => why.told(),
    }
}

fn parameters(decision: &Decision) -> Vec<(&'static str, String)> {
    let Answer::Issue(Reply::Authorization(Return { parameters, .. })) = decision.answer() else {
        panic!("an answer to the client, not {:?}", decision.answer());
    };
    parameters.clone()
}

/// A refusal changes nothing: one entry in the log, and nothing else.
fn assert_changes_nothing(decision: &Decision) {
    let change = decision.change();
    assert_eq!(
        Change {
            events: vec![],
            ..change.clone()
        },
        Change::default()
    );
    assert_eq!((change.events.len(), decision.sign().len()), (1, 0));
}
