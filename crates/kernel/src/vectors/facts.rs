//! Rows as readable JSON, read into the kernel's nouns. Only here; the rule tests build their nouns with it too.
//!
//! What is left out has the value that says least: no name but the id, made at the epoch, enabled, epoch 0, depth 0, unbound, own endpoints within reach.

use std::collections::{BTreeMap, BTreeSet};

use proof::{Algorithm, Time, json::Object};
use serde_json::Value;

use crate::{
    authority::{Ask, Audience, Authority, Scopes},
    client::{
        ApplicationType, Approvers, Authentication, AuthenticationMethod, Binding, Client, Further, GrantType,
        Introspects, Keys, MEMBERS, Registration, SecurityProfile,
    },
    confirmation::Confirmation,
    grant::{Grant, Holder, Owner, Signs, Source, Status, Subject, Terms},
    id::{Id, TenantKind},
    redirect_uri::RedirectUri,
    resource::{Resource, ResourceUri},
    tenant::{Documents, NonceRule, Offered, PkceRule, PushedRequests, RegistrationRule, Settings, Tenant},
    token::Record,
};

/// A row with these members and no others.
pub(crate) struct Row<'a>(pub(crate) &'a Object);

impl<'a> Row<'a> {
    pub(crate) fn of(value: &'a Value, members: &[&str]) -> Self {
        let object = value.as_object().unwrap_or_else(|| panic!("an object, not {value}"));
        if let Some(unknown) = object.keys().find(|name| !members.contains(&name.as_str())) {
            panic!("no such member: {unknown}");
        }
        Self(object)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&'a str> {
        self.0
            .get(name)
            .map(|value| value.as_str().unwrap_or_else(|| panic!("{name} is a text")))
    }

    pub(crate) fn required(&self, name: &str) -> &'a str {
        self.text(name).unwrap_or_else(|| panic!("{name} is missing"))
    }

    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.0
            .get(name)
            .map(|value| value.as_i64().unwrap_or_else(|| panic!("{name} is a number")))
    }

    pub(crate) fn time(&self, name: &str) -> Option<Time> {
        self.number(name).map(Time::from_unix)
    }

    pub(crate) fn is(&self, name: &str) -> Option<bool> {
        self.0
            .get(name)
            .map(|value| value.as_bool().unwrap_or_else(|| panic!("{name} is true or false")))
    }

    pub(crate) fn list(&self, name: &str) -> impl Iterator<Item = &'a str> {
        let items = self
            .0
            .get(name)
            .map(|value| value.as_array().unwrap_or_else(|| panic!("{name} is a list")));
        items.into_iter().flatten().map(|item| item.as_str().unwrap())
    }

    pub(crate) fn algorithm(&self) -> Option<Algorithm> {
        self.text("access_token_signed_response_alg")
            .map(|name| Algorithm::from_name(name).unwrap())
    }

    pub(crate) fn scopes(&self) -> Scopes {
        Scopes::parse(self.text("scope").unwrap_or_default()).unwrap()
    }

    pub(crate) fn resources(&self) -> BTreeSet<ResourceUri> {
        self.list("resources").map(uri).collect()
    }

    pub(crate) fn binding(&self) -> Option<Binding> {
        self.is("dpop_bound_access_tokens")
            .map(|bound| if bound { Binding::Required } else { Binding::WhenProved })
    }

    pub(crate) fn introspects(&self) -> Option<Introspects> {
        let everything = self.is("introspects_everything")?;
        Some(if everything {
            Introspects::Everything
        } else {
            Introspects::ItsResources
        })
    }

    pub(crate) fn words(&self, name: &str) -> impl Iterator<Item = (String, String)> {
        let members = self.0.get(name).and_then(Value::as_object).into_iter().flatten();
        members.map(|(name, words)| (name.clone(), words.as_str().unwrap().to_owned()))
    }

    pub(crate) fn settings(&self) -> Settings {
        let demanded = self.is("dpop_nonce_required").unwrap_or(false);
        Settings {
            dpop_nonce: if demanded {
                NonceRule::Demanded
            } else {
                NonceRule::Accepted
            },
            access_token_seconds: self.number("access_token_seconds").unwrap_or(300),
            client_documents: if self.is("client_documents").unwrap_or(true) {
                Documents::Accepted
            } else {
                Documents::Refused
            },
            registration: RegistrationRule::from_name(self.text("registration").unwrap_or("off")).unwrap(),
            binding: if self.is("dpop_required").unwrap_or(false) {
                Binding::Required
            } else {
                Binding::WhenProved
            },
            profile: SecurityProfile::from_name(self.text("security_profile").unwrap_or("baseline")).unwrap(),
            pushed_requests: if self.is("require_pushed_authorization_requests").unwrap_or(false) {
                PushedRequests::Required
            } else {
                PushedRequests::Accepted
            },
            pkce: if self.is("require_pkce").unwrap_or(true) {
                PkceRule::Always
            } else {
                PkceRule::OpenIdMayOmit
            },
            device_grant: Offered::on(self.is("device_grant").unwrap_or(true)),
            deferred: Offered::on(self.is("deferred_token_response").unwrap_or(true)),
        }
    }

    pub(crate) fn approvers(&self) -> Option<Approvers> {
        let quorum = self.number("approval_quorum").unwrap_or(1);
        self.text("approvers")
            .map(|group| Approvers::new(id(group), quorum).unwrap())
    }

    pub(crate) fn keys(&self) -> Option<Keys> {
        let here = self.0.get("jwks").map(|jwks| Keys::Here(jwks.to_string()));
        here.or_else(|| self.text("jwks_uri").map(|address| Keys::At(address.to_owned())))
    }

    pub(crate) fn further(&self) -> Further {
        Further::read(self.0, ApplicationType::Unsaid).unwrap()
    }

    pub(crate) fn implied(&self) -> BTreeMap<String, BTreeSet<String>> {
        let members = self
            .0
            .get("implied_scopes")
            .and_then(Value::as_object)
            .into_iter()
            .flatten();
        let names = |value: &Value| {
            value
                .as_array()
                .unwrap()
                .iter()
                .map(|name| name.as_str().unwrap().to_owned())
                .collect()
        };
        members.map(|(name, brought)| (name.clone(), names(brought))).collect()
    }

    pub(crate) fn application_type(&self) -> ApplicationType {
        ApplicationType::from_name(self.text("application_type")).unwrap()
    }

    pub(super) fn created(&self) -> Time {
        self.time("created_at").unwrap_or(Time::from_unix(0))
    }
}

/// An identifier of any kind.
pub(crate) fn id<K>(text: &str) -> Id<K> {
    Id::parse(text).unwrap_or_else(|| panic!("{text} is no identifier"))
}

/// A resource's identifier.
pub(crate) fn uri(text: &str) -> ResourceUri {
    ResourceUri::parse(text).unwrap_or_else(|| panic!("{text} is no resource identifier"))
}

/// A redirect URI.
pub(crate) fn redirect_uri(text: &str) -> RedirectUri {
    RedirectUri::parse(text).unwrap_or_else(|| panic!("{text} is no redirect URI"))
}

pub(crate) fn tenant(value: &Value) -> Tenant {
    let members = [
        "id",
        "name",
        "issuer",
        "dpop_nonce_required",
        "access_token_seconds",
        "client_documents",
        "registration",
        "dpop_required",
        "security_profile",
        "require_pushed_authorization_requests",
        "require_pkce",
        "device_grant",
        "deferred_token_response",
        "policy_version",
        "created_at",
        "disabled_at",
    ];
    let row = Row::of(value, &members);
    Tenant {
        id: id::<TenantKind>(row.required("id")),
        name: row.text("name").unwrap_or(row.required("id")).to_owned(),
        issuer: row.required("issuer").to_owned(),
        settings: row.settings(),
        policy_version: row.number("policy_version").unwrap_or(0),
        created: row.created(),
        disabled: row.time("disabled_at"),
    }
}

pub(crate) fn client(value: &Value) -> Client {
    let row = Row::of(
        value,
        &[
            &[
                "client_id",
                "client_name",
                "token_endpoint_auth_method",
                "client_secret_digest",
                "jwks",
                "grant_types",
                "access_token_signed_response_alg",
                "dpop_bound_access_tokens",
                "introspects_everything",
                "document_fetched_at",
                "registration_token_digest",
                "registration_token_jkt",
                "redirect_uris",
                "application_type",
                "client_uri",
                "scope",
                "expires_at",
                "epoch",
                "created_at",
                "disabled_at",
                "jwks_uri",
                "sector",
                "approvers",
                "approval_quorum",
            ],
            MEMBERS,
        ]
        .concat(),
    );
    let digest = || row.required("client_secret_digest").to_owned();
    let method = AuthenticationMethod::from_name(row.required("token_endpoint_auth_method")).unwrap();
    Client {
        id: id(row.required("client_id")),
        name: row.text("client_name").unwrap_or(row.required("client_id")).to_owned(),
        authentication: match method {
            AuthenticationMethod::SecretBasic => Authentication::SecretBasic {
                secret_digest: digest(),
            },
            AuthenticationMethod::SecretPost => Authentication::SecretPost {
                secret_digest: digest(),
            },
            AuthenticationMethod::PrivateKeyJwt => Authentication::PrivateKeyJwt,
            AuthenticationMethod::Tls => Authentication::Tls,
            AuthenticationMethod::SelfSignedTls => Authentication::SelfSignedTls,
            AuthenticationMethod::Attestation => Authentication::Attestation,
            AuthenticationMethod::Nothing => Authentication::Nothing,
        },
        keys: row.keys(),
        further: row.further(),
        grant_types: row
            .list("grant_types")
            .map(|name| GrantType::from_name(name).unwrap())
            .collect(),
        token_algorithm: row.algorithm(),
        binding: row.binding().unwrap_or(Binding::WhenProved),
        introspects: row.introspects().unwrap_or(Introspects::ItsResources),
        approvers: row.approvers(),
        registration: match (row.time("document_fetched_at"), row.text("registration_token_digest")) {
            (None, None) => Registration::Administrator,
            (Some(fetched), None) => Registration::Document { fetched },
            (None, Some(digest)) => Registration::Itself {
                token_digest: digest.to_owned(),
                key: row.text("registration_token_jkt").map(str::to_owned),
            },
            (Some(_), Some(_)) => panic!("a client is registered in one way"),
        },
        redirect_uris: row.list("redirect_uris").map(redirect_uri).collect(),
        application_type: row.application_type(),
        uri: row.text("client_uri").map(str::to_owned),
        scope: row.text("scope").map(str::to_owned),
        expires: row.time("expires_at"),
        epoch: row.number("epoch").unwrap_or(0),
        created: row.created(),
        disabled: row.time("disabled_at"),
    }
}

pub(crate) fn resource(value: &Value) -> Resource {
    let row = Row::of(
        value,
        &[
            "resource",
            "resource_name",
            "scopes",
            "implied_scopes",
            "access_token_signed_response_alg",
            "introspection_clients",
            "created_at",
            "disabled_at",
        ],
    );
    Resource {
        uri: uri(row.required("resource")),
        name: row.text("resource_name").unwrap_or(row.required("resource")).to_owned(),
        scopes: row.words("scopes").collect(),
        implied: row.implied(),
        token_algorithm: row.algorithm(),
        introspectors: row.list("introspection_clients").map(id).collect(),
        created: row.created(),
        disabled: row.time("disabled_at"),
    }
}

pub(crate) fn grant(value: &Value) -> Grant {
    let row = Row::of(
        value,
        &[
            "id",
            "client_id",
            "host_id",
            "session_id",
            "user_id",
            "scope",
            "authorization_details",
            "capabilities",
            "resources",
            "own_endpoints",
            "expires_at",
            "depth",
            "parent",
            "given_by",
            "given_by_person",
            "given_by_organisation",
            "given_by_approval",
            "redeemed",
            "revoked_at",
            "epoch",
            "created_at",
            "denied",
            "idle_seconds",
            "falls_at_risk",
            "gives_once",
            "owner",
            "owner_gone",
            "used_at",
        ],
    );
    let holder = match (row.text("client_id"), row.text("host_id"), row.text("session_id")) {
        (Some(client), None, None) => Holder::Client(id(client)),
        (None, Some(host), None) => Holder::Host(id(host)),
        (None, None, Some(session)) => Holder::Session(id(session)),
        _ => panic!("a grant has one holder"),
    };
    let basis = |name: &str| row.text(name).map(str::to_owned);
    let source = match (
        basis("given_by_person"),
        basis("given_by_organisation"),
        row.text("given_by_approval"),
        row.is("redeemed").unwrap_or(false),
    ) {
        (None, None, None, false) => Source::Administrator(id(row.text("given_by").unwrap_or("admin"))),
        (Some(basis), None, None, false) => Source::Person { basis },
        (None, Some(basis), None, false) => Source::Organisation { basis },
        (None, None, Some(approval), false) => Source::Approval(id(approval)),
        (None, None, None, true) => Source::Redeemed,
        _ => panic!("a grant has one source"),
    };
    let own = row.is("own_endpoints").unwrap_or(true).then_some(Audience::Issuer);
    Grant {
        id: id(row.required("id")),
        holder,
        subject: row
            .text("user_id")
            .map_or(Subject::Nobody, |user| Subject::User(id(user))),
        authority: Authority::root(Ask {
            scopes: row.scopes(),
            details: super::details::details(row.0),
            powers: super::details::powers(row.0),
            audiences: row.resources().into_iter().map(Audience::Resource).chain(own).collect(),
            expires: row.time("expires_at"),
            depth: u8::try_from(row.number("depth").unwrap_or(0)).unwrap(),
        }),
        parent: row.text("parent").map(id),
        source,
        status: match row.time("revoked_at") {
            Some(at) => Status::Revoked { at },
            None if row.is("denied") == Some(true) => Status::Denied,
            None => Status::Active,
        },
        epoch: row.number("epoch").unwrap_or(0),
        created: row.created(),
        terms: Terms {
            risk: row.is("falls_at_risk") == Some(true),
            once: row.is("gives_once") == Some(true),
            idle_seconds: row.number("idle_seconds"),
            owner: row.text("owner").map(id),
        },
        signs: Signs {
            used: row.time("used_at"),
            owner: if row.is("owner_gone") == Some(true) {
                Owner::Gone
            } else {
                Owner::Here
            },
        },
    }
}

/// A path from a grant to its root.
pub(crate) fn path(value: &Value) -> Vec<Grant> {
    value.as_array().unwrap().iter().map(grant).collect()
}

pub(crate) fn record(value: &Value) -> Record {
    let members = [
        "jti",
        "grant",
        "client_id",
        "aud",
        "scope",
        "jkt",
        "issued_at",
        "expires_at",
        "revoked_at",
        "capabilities",
    ];
    let row = Row::of(value, &members);
    let powers = row.0.get("capabilities");
    Record {
        powers: powers.map_or_else(crate::power::Powers::default, |powers| {
            crate::power::Powers::read(powers).unwrap()
        }),
        id: id(row.required("jti")),
        grant: id(row.required("grant")),
        client: id(row.required("client_id")),
        audience: Audience::from_row(row.required("aud")).unwrap(),
        scope: row.scopes().joined(),
        key: row.text("jkt").map(Confirmation::from_row),
        issued: row.time("issued_at").unwrap(),
        expires: row.time("expires_at").unwrap(),
        revoked: row.time("revoked_at"),
    }
}
