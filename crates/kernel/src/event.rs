//! What the audit log keeps of a decision.

use std::collections::BTreeSet;

use proof::{Time, digest, json};
use serde_json::{Value, json};

use crate::{caller::Caller, detail::Details, moment::Moment, power::Powers, why::Why};

/// What happened. The names are part of the product: operators search for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventKind {
    /// An access token was issued.
    TokenIssued,
    /// A token was revoked by its client.
    TokenRevoked,
    /// A token was introspected.
    TokenIntrospected,
    /// A request was refused.
    RequestRefused,
    /// Somebody asked whether something may be done, and was told.
    DecisionMade,
    /// A use of a capability was booked.
    LedgerBooked,
    /// A booking ended.
    LedgerEnded,
    /// Entries beyond what the lossy journal lists (refusals that changed nothing, introspections), as a count.
    EntriesCounted,
    /// A one-time proof came a second time.
    ProofReplayed,
    /// A person, or the tenant's rules, said yes to an authorization request.
    AuthorizationGiven,
    /// A person said no to an authorization request.
    AuthorizationDenied,
    /// An authorization code came a second time; everything that came of it was revoked.
    CodeReplayed,
    /// An old refresh token came again; its line was revoked.
    RefreshReused,
    /// A question was put to people.
    ApprovalAsked,
    /// Somebody typed the code of a question: it is theirs.
    ApprovalClaimed,
    /// Somebody said yes to a question.
    ApprovalGiven,
    /// Somebody said no to a question.
    ApprovalDenied,
    /// A question was taken back.
    ApprovalCancelled,
    /// A client pushed an authorization request.
    RequestPushed,
    /// A client was told who a person is.
    UserInfoTold,
    /// An app was told that a browser session ended, or could not be.
    LogoutTold,
    /// A client's registration ended.
    ClientDropped,
    /// A person was entered.
    UserCreated,
    /// A person's row was changed.
    UserChanged,
    /// Somebody signed in.
    UserSignedIn,
    /// Somebody signed out, or a browser session was ended.
    UserSignedOut,
    /// A person's passkeys, password or recovery codes changed.
    CredentialChanged,
    /// A group or role was made.
    GroupCreated,
    /// A group or role is gone.
    GroupDropped,
    /// A rule of central consent was made.
    RuleCreated,
    /// A rule of central consent is gone.
    RuleDropped,
    /// A client was registered.
    ClientCreated,
    /// A client's registration was changed.
    ClientChanged,
    /// A client got a new secret.
    ClientSecretRotated,
    /// A type of authorization details was registered.
    DetailTypeCreated,
    /// A type of authorization details was changed.
    DetailTypeChanged,
    /// A type of authorization details is gone.
    DetailTypeDropped,
    /// Policies and capabilities were applied.
    PoliciesApplied,
    /// A resource was registered.
    ResourceCreated,
    /// A resource was changed.
    ResourceChanged,
    /// A grant was made.
    GrantCreated,
    /// A grant was edited down, and its subtree has no more than it.
    GrantNarrowed,
    /// A grant was revoked, and its subtree with it.
    GrantRevoked,
    /// A tenant was made.
    TenantCreated,
    /// A tenant was changed.
    TenantChanged,
    /// An administrator's token was made.
    AdministratorCreated,
    /// An administrator's token was ended before its time.
    AdministratorEnded,
    /// A signing key was made.
    KeyCreated,
    /// A signing key is no longer published.
    KeyDropped,
}

impl EventKind {
    /// The name in the log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TokenIssued => "token.issued",
            Self::TokenRevoked => "token.revoked",
            Self::TokenIntrospected => "token.introspected",
            Self::RequestRefused => "request.refused",
            Self::DecisionMade => "decision.made",
            Self::LedgerBooked => "ledger.booked",
            Self::LedgerEnded => "ledger.ended",
            Self::EntriesCounted => "entries.counted",
            Self::ProofReplayed => "proof.replayed",
            Self::AuthorizationGiven => "authorization.given",
            Self::AuthorizationDenied => "authorization.denied",
            Self::CodeReplayed => "code.replayed",
            Self::RefreshReused => "refresh.reused",
            Self::ApprovalAsked => "approval.asked",
            Self::ApprovalClaimed => "approval.claimed",
            Self::ApprovalGiven => "approval.given",
            Self::ApprovalDenied => "approval.denied",
            Self::ApprovalCancelled => "approval.cancelled",
            Self::RequestPushed => "request.pushed",
            Self::UserInfoTold => "userinfo.told",
            Self::LogoutTold => "logout.told",
            Self::ClientDropped => "client.dropped",
            Self::UserCreated => "user.created",
            Self::UserChanged => "user.changed",
            Self::UserSignedIn => "user.signed_in",
            Self::UserSignedOut => "user.signed_out",
            Self::CredentialChanged => "credential.changed",
            Self::GroupCreated => "group.created",
            Self::GroupDropped => "group.dropped",
            Self::RuleCreated => "rule.created",
            Self::RuleDropped => "rule.dropped",
            Self::ClientCreated => "client.created",
            Self::ClientChanged => "client.changed",
            Self::ClientSecretRotated => "client.secret_rotated",
            Self::DetailTypeCreated => "detail_type.created",
            Self::DetailTypeChanged => "detail_type.changed",
            Self::DetailTypeDropped => "detail_type.dropped",
            Self::PoliciesApplied => "policies.applied",
            Self::ResourceCreated => "resource.created",
            Self::ResourceChanged => "resource.changed",
            Self::GrantCreated => "grant.created",
            Self::GrantNarrowed => "grant.narrowed",
            Self::GrantRevoked => "grant.revoked",
            Self::TenantCreated => "tenant.created",
            Self::TenantChanged => "tenant.changed",
            Self::AdministratorCreated => "administrator.created",
            Self::AdministratorEnded => "administrator.ended",
            Self::KeyCreated => "key.created",
            Self::KeyDropped => "key.dropped",
        }
    }
}

/// One entry of the audit log. The row's place in its stream is given when it is committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its id, from the seed of the request: after a commit of unknown outcome one looks for it.
    pub id: String,
    /// What happened.
    pub kind: EventKind,
    /// When.
    pub at: Time,
    /// The request it belongs to.
    pub request_id: String,
    /// Who did it, if somebody was proved.
    pub actor: Option<String>,
    /// What it is about (a token's, grant's, client's id), for search.
    pub about: Option<String>,
    /// Everything else, as a JSON object. Never a secret or a bearer value.
    pub body: json::Object,
}

impl Event {
    /// A new entry.
    pub fn new(kind: EventKind, caller: &Caller, at: &Moment) -> Self {
        Self {
            id: at.id::<()>(kind.name()).as_str().to_owned(),
            kind,
            at: at.now,
            request_id: at.request_id(),
            actor: caller.name().map(str::to_owned),
            about: None,
            body: json::Object::new(),
        }
    }

    /// The entry of a refusal: code and reason; and what policies were asked, if they refused.
    pub fn refused(why: &Why, caller: &Caller, at: &Moment) -> Self {
        let event = Self::new(EventKind::RequestRefused, caller, at)
            .with("error", why.code().name())
            .with("reason", why.told());
        match why.forbidden() {
            Some(forbidden) => forbidden.on(event),
            None => event,
        }
    }

    /// Says what it is about.
    #[must_use]
    pub fn about(mut self, id: impl Into<String>) -> Self {
        self.about = Some(id.into());
        self
    }

    /// Names details by their digests, if there are any.
    #[must_use]
    pub fn with_details(self, details: &Details) -> Self {
        if details.is_empty() {
            self
        } else {
            self.with("details", details.digests())
        }
    }

    /// Names the capabilities that powers are of, if there are any.
    #[must_use]
    pub fn with_powers(self, powers: &Powers) -> Self {
        if powers.is_empty() {
            self
        } else {
            self.with("capabilities", powers.names().into_iter().collect::<Value>())
        }
    }

    /// Adds a member.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<serde_json::Value>) -> Self {
        self.body.insert(name.to_owned(), value.into());
        self
    }

    /// Says what became different from one document to the other: the member `changed`, by name, `from` and `to`. What is long is told by its digest.
    #[must_use]
    pub fn changing(self, before: &json::Object, after: &json::Object) -> Self {
        let told = |value: Option<&Value>| {
            let value = value.cloned().unwrap_or_default();
            let text = json::canonical(&value);
            if text.len() <= CHANGED_BYTES_MAX {
                value
            } else {
                format!("sha256:{}", digest::sha256_b64(text.as_bytes())).into()
            }
        };
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let changed: json::Object = names
            .into_iter()
            .filter(|name| before.get(*name) != after.get(*name))
            .map(|name| {
                let (from, to) = (told(before.get(name)), told(after.get(name)));
                (name.clone(), json!({ "from": from, "to": to }))
            })
            .collect();
        self.with("changed", changed)
    }
}

/// The longest value that stands whole in an entry, as JSON.
const CHANGED_BYTES_MAX: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_told_from_and_to_and_nothing_else() {
        let object = |value: Value| value.as_object().cloned().unwrap();
        let long = "x".repeat(300);
        let event = Event {
            id: String::new(),
            kind: EventKind::TenantChanged,
            at: Time::from_unix(0),
            request_id: String::new(),
            actor: None,
            about: None,
            body: json::Object::new(),
        };
        let event = event.changing(
            &object(json!({ "same": 1, "profile": "baseline", "gone": true })),
            &object(json!({ "same": 1, "profile": "fapi2", "new": long })),
        );
        let changed = &event.body["changed"];
        assert_eq!(changed["profile"], json!({ "from": "baseline", "to": "fapi2" }));
        assert_eq!(changed["gone"], json!({ "from": true, "to": null }));
        let told = changed["new"]["to"].as_str().unwrap();
        assert!(told.starts_with("sha256:") && told.len() == 50, "{told}");
        assert_eq!(changed.as_object().unwrap().len(), 3);
    }
}
