//! A world as a bench for FAPI 2.0 has it: a tenant held to the profile, two clients with keys of their own, requests that are pushed, and answers that are signed where the profile
//! wants it.

use std::collections::BTreeMap;

use proof::{Algorithm, base64url, digest};
use serde_json::{Value, json};
use server::{ClientAuthorities, ClientCertificates};
use testkit::{
    Answer, App, Asking, Authority, Browser, Certificate, Client, Form, Key, Page, Person, World, assertion_form,
    unique,
};

use super::{CALLBACK, claims_of, endpoint, extend, form_of, person, verified};

/// How a client proves who it is, and what its tokens are bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// `private_key_jwt`, and a key by DPoP.
    Dpop,
    /// `private_key_jwt`, and its certificate.
    Certificate,
    /// `tls_client_auth`: its certificate alone.
    CertificateAlone,
}

/// How requests are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Requests {
    /// FAPI 2.0 Security Profile: pushed parameters, plain answers.
    Plain,
    /// FAPI 2.0 Message Signing: pushed request objects, signed answers.
    Signed,
}

/// Each way of the security profile, and the signed one.
pub(crate) const ALL: [(Way, Requests); 4] = [
    (Way::Dpop, Requests::Plain),
    (Way::Certificate, Requests::Plain),
    (Way::CertificateAlone, Requests::Plain),
    (Way::Dpop, Requests::Signed),
];
/// Plain and signed, where the way makes no difference.
pub(crate) const BOTH: [(Way, Requests); 2] = [(Way::Dpop, Requests::Plain), (Way::Dpop, Requests::Signed)];

/// A client of the bench.
pub(crate) struct Party {
    pub(crate) app: App,
    /// What its tokens are bound to by DPoP.
    pub(crate) dpop: Key,
    pub(crate) certificate: Certificate,
    way: Way,
}

impl Party {
    pub(crate) fn id(&self) -> &str {
        &self.app.client.id
    }

    /// The key of its assertions and request objects.
    pub(crate) fn key(&self) -> &Key {
        self.app.client.key.as_ref().unwrap()
    }
}

/// The world of the bench.
pub(crate) struct Bank {
    pub(crate) world: World,
    pub(crate) alice: Person,
    pub(crate) requests: Requests,
    pub(crate) way: Way,
}

impl Bank {
    /// The bench and its two clients: one with a key for ES256, one for PS256.
    pub(crate) async fn new((way, requests): (Way, Requests)) -> (Self, Party, Party) {
        let authority = Authority::new("Clients");
        let world = match way {
            Way::Dpop => World::new().await,
            Way::Certificate | Way::CertificateAlone => {
                let pem = authority.pem();
                World::with_client_certificates(|settings| {
                    settings.client_certificates = ClientCertificates::Optional;
                    settings.client_authorities = ClientAuthorities::from_pem(pem.as_bytes()).unwrap();
                })
                .await
            }
        };
        let profile = match requests {
            Requests::Plain => "fapi2",
            Requests::Signed => "fapi2_message_signing",
        };
        set_profile(&world, profile).await;
        let alice = person(&world, "alice@demo.test").await;
        let one = party(&world, way, &authority, "one", Algorithm::ES256).await;
        let two = party(&world, way, &authority, "two", Algorithm::PS256).await;
        let bank = Self {
            world,
            alice,
            requests,
            way,
        };
        (bank, one, two)
    }

    /// The tenant is held to no profile any more.
    pub(crate) async fn baseline(&self) {
        self.set_profile("baseline").await;
    }

    /// The tenant is held to this profile.
    pub(crate) async fn set_profile(&self, name: &str) {
        set_profile(&self.world, name).await;
    }

    /// From now on requests come over connections of this client.
    pub(crate) fn by(&mut self, party: &Party) {
        if self.way != Way::Dpop {
            self.world.show(Some(&party.certificate));
        }
    }

    /// From now on requests come over connections of nobody.
    pub(crate) fn by_nobody(&mut self) {
        if self.way != Way::Dpop {
            self.world.show(None);
        }
    }

    /// A good request.
    pub(crate) fn asking(&self, party: &Party) -> Asking {
        let asking = Asking::new(&party.app, None, Some("openid")).with("nonce", Some(&unique()));
        match self.requests {
            Requests::Plain => asking,
            Requests::Signed => asking.with("response_mode", Some("jwt")),
        }
    }

    /// What proves a client beside its connection.
    pub(crate) async fn credentials(&self, party: &Party) -> Form<'static> {
        match party.way {
            Way::CertificateAlone => vec![("client_id", party.id().to_owned())],
            Way::Dpop | Way::Certificate => {
                let claims = party.app.client.assertion_claims(&self.world);
                assertion_form(&party.app.client.assertion(&claims).await)
            }
        }
    }

    /// The claims of a good request object (FAPI 2.0 Message Signing s5.3.1).
    pub(crate) fn object_claims(&self, party: &Party, asking: &Asking) -> Value {
        let now = self.world.now();
        let mut claims = claims_of(asking);
        let envelope = json!({ "iss": party.id(), "aud": self.world.issuer, "iat": now, "nbf": now, "exp": now + 300, "jti": unique() });
        extend(&mut claims, &envelope);
        claims
    }

    /// A request object with these claims, signed with the key of a client.
    pub(crate) async fn object(&self, signer: &Party, claims: &Value) -> String {
        let key = signer.key();
        let header = json!({ "typ": "oauth-authz-req+jwt", "alg": key.algorithm().name(), "kid": key.thumbprint() });
        key.sign(&header, claims).await
    }

    /// What a push of this request says: its parameters, or its request object.
    pub(crate) async fn pushed_form(&self, party: &Party, asking: &Asking) -> Form<'static> {
        match self.requests {
            Requests::Plain => form_of(asking)
                .into_iter()
                .map(|(name, value)| (Box::leak(name.to_owned().into_boxed_str()) as &'static str, value))
                .collect(),
            Requests::Signed => {
                let object = self.object(party, &self.object_claims(party, asking)).await;
                vec![("client_id", party.id().to_owned()), ("request", object)]
            }
        }
    }

    /// Pushes a request.
    pub(crate) async fn push(&mut self, party: &Party, asking: &Asking) -> Answer {
        let form = self.pushed_form(party, asking).await;
        self.push_form(party, form, &[]).await
    }

    /// Pushes a form, with the client's credentials and these headers.
    pub(crate) async fn push_form(
        &mut self,
        party: &Party,
        mut form: Form<'static>,
        headers: &[(&str, String)],
    ) -> Answer {
        self.by(party);
        for (name, value) in self.credentials(party).await {
            if !form.iter().any(|(known, _)| *known == name) {
                form.push((name, value));
            }
        }
        let path = endpoint(&self.world, "pushed_authorization_request_endpoint").await;
        self.world.post(&path, headers, &form).await
    }

    /// The name of a request that was taken (RFC 9126 s2.2).
    pub(crate) fn request_uri(&self, answer: &Answer) -> String {
        assert_eq!(answer.status, 201, "{answer:?}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let seconds = answer.body["expires_in"].as_i64().unwrap();
        assert!(
            (5..600).contains(&seconds),
            "FAPI 2.0 s5.3.2.2: less than 600 seconds: {answer:?}"
        );
        let uri = answer.text_of("request_uri").to_owned();
        assert!(
            uri.starts_with("urn:ietf:params:oauth:request_uri:") && uri.len() >= 34 + 22,
            "{uri}"
        );
        uri
    }

    /// The path that the browser is sent to with a pushed request, and nothing else.
    pub(crate) fn path(&self, party: &Party, request_uri: &str) -> String {
        let asking = Asking {
            parameters: vec![
                ("client_id".to_owned(), party.id().to_owned()),
                ("request_uri".to_owned(), request_uri.to_owned()),
            ],
            verifier: String::new(),
        };
        asking.path()
    }

    /// Somebody agreeable goes there; where they are sent in the end.
    pub(crate) async fn agree_at(&self, path: &str) -> Page {
        let mut browser = Browser::new(&self.world);
        let mut page = browser.visit(&self.world, path).await;
        if page.has_form("sign-in") {
            page = browser
                .sign_in(&self.world, &page, &self.alice.login, &self.alice.password)
                .await;
        }
        if page.has_form("consent") {
            page = browser
                .submit(&self.world, &page, "consent", &[("decision", "allow")])
                .await;
        }
        page
    }

    /// Pushes, and goes to the pages; where the person is sent.
    pub(crate) async fn authorized(&mut self, party: &Party, asking: &Asking) -> Page {
        let pushed = self.push(party, asking).await;
        let uri = self.request_uri(&pushed);
        self.agree_at(&self.path(party, &uri)).await
    }

    /// The parameters of an answer to a client, checked: signed where the profile wants it (JARM s2.1), with the issuer (RFC 9207 s2).
    pub(crate) async fn answered(&self, party: &Party, page: &Page) -> BTreeMap<String, String> {
        let location = page.location().unwrap_or_else(|| panic!("{page:?}"));
        assert!(location.starts_with(&format!("{CALLBACK}?")), "{location}");
        let parameters: BTreeMap<String, String> = url::Url::parse(location)
            .unwrap()
            .query_pairs()
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        let parameters = match self.requests {
            Requests::Plain => parameters,
            Requests::Signed => {
                assert_eq!(
                    parameters.keys().collect::<Vec<_>>(),
                    ["response"],
                    "JARM s2.3.1: {location}"
                );
                let claims = verified(&self.world, &parameters["response"], "PS256").await;
                let exp = claims["exp"].as_i64().unwrap();
                assert_eq!(claims["aud"], party.id());
                assert!(exp > self.world.now() && exp <= self.world.now() + 600, "{claims}");
                let texts = claims.as_object().unwrap().iter();
                texts
                    .filter(|(name, _)| !matches!(name.as_str(), "aud" | "exp" | "iat"))
                    .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
                    .collect()
            }
        };
        assert_eq!(parameters["iss"], self.world.issuer);
        parameters
    }

    /// The code for a request, with its state as it was.
    pub(crate) async fn code(&mut self, party: &Party, asking: &Asking) -> String {
        let page = self.authorized(party, asking).await;
        let parameters = self.answered(party, &page).await;
        assert_eq!(
            parameters.get("state").map_or("", String::as_str),
            asking.get("state"),
            "{parameters:?}"
        );
        parameters["code"].clone()
    }

    /// The claims of a DPoP proof that is right in every way.
    pub(crate) async fn proof_claims(&self, method: &str, path: &str, access: Option<&str>) -> Value {
        let mut claims = json!({
            "jti": unique(), "htm": method, "htu": format!("{}{path}", self.world.issuer), "iat": self.world.now(),
            "nonce": self.world.nonce().await,
        });
        if let Some(access) = access {
            claims["ath"] = base64url::encode(&digest::sha256(access.as_bytes())).into();
        }
        claims
    }

    /// The header with such a proof by a client's key, where its tokens are bound so.
    pub(crate) async fn proof(
        &self,
        party: &Party,
        method: &str,
        path: &str,
        access: Option<&str>,
    ) -> Vec<(&'static str, String)> {
        match party.way {
            Way::Dpop => {
                let claims = self.proof_claims(method, path, access).await;
                vec![("dpop", self.world.dpop(&party.dpop, &claims).await)]
            }
            Way::Certificate | Way::CertificateAlone => vec![],
        }
    }

    /// A token request with these parameters, in the name of a client, proved and bound as it should be.
    pub(crate) async fn token(&mut self, party: &Party, form: &[(&'static str, String)]) -> Answer {
        let path = endpoint(&self.world, "token_endpoint").await;
        let headers = self.proof(party, "POST", &path, None).await;
        let credentials = self.credentials(party).await;
        self.token_by(party, form, &credentials, &headers).await
    }

    /// The same with these credentials and headers.
    pub(crate) async fn token_by(
        &mut self,
        party: &Party,
        form: &[(&'static str, String)],
        credentials: &[(&'static str, String)],
        headers: &[(&'static str, String)],
    ) -> Answer {
        self.by(party);
        let path = endpoint(&self.world, "token_endpoint").await;
        self.world.post(&path, headers, &[form, credentials].concat()).await
    }

    /// The parameters that redeem a code.
    pub(crate) fn redemption(&self, asking: &Asking, code: &str) -> Form<'static> {
        vec![
            ("grant_type", "authorization_code".to_owned()),
            ("code", code.to_owned()),
            ("redirect_uri", CALLBACK.to_owned()),
            ("code_verifier", asking.verifier.clone()),
        ]
    }

    /// Redeems a code.
    pub(crate) async fn redeem(&mut self, party: &Party, asking: &Asking, code: &str) -> Answer {
        let form = self.redemption(asking, code);
        self.token(party, &form).await
    }

    /// The tokens of a fresh authorization, and the claims of its ID token.
    pub(crate) async fn tokens(&mut self, party: &Party, asking: &Asking) -> (Answer, Value) {
        let code = self.code(party, asking).await;
        let answer = self.redeem(party, asking, &code).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let kind = if self.way == Way::Dpop { "DPoP" } else { "Bearer" };
        assert!(answer.text_of("token_type").eq_ignore_ascii_case(kind), "{answer:?}");
        let claims = super::id_token(&self.world, &party.app, asking, &answer, "PS256").await;
        (answer, claims)
    }

    /// What the protected resource (userinfo) says to a token that is shown as it is bound.
    pub(crate) async fn resource(&mut self, party: &Party, access: &str) -> Answer {
        let scheme = if self.way == Way::Dpop { "DPoP" } else { "Bearer" };
        self.resource_by(party, scheme, access).await
    }

    /// The same under this spelling of the scheme.
    pub(crate) async fn resource_by(&mut self, party: &Party, scheme: &str, access: &str) -> Answer {
        self.by(party);
        let path = endpoint(&self.world, "userinfo_endpoint").await;
        let mut headers = self.proof(party, "GET", &path, Some(access)).await;
        headers.push(("authorization", format!("{scheme} {access}")));
        self.world.send("GET", &path, &headers, None).await
    }
}

async fn set_profile(world: &World, name: &str) {
    let settings = json!({ "security_profile": name });
    let answer = world.admin("PATCH", "/admin/v1/tenants/default", Some(&settings)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

async fn party(world: &World, way: Way, authority: &Authority, name: &str, algorithm: Algorithm) -> Party {
    let key = Key::new(algorithm);
    let host = format!("{name}.client.example");
    let certificate = authority.issue(name, |params| {
        params.subject_alt_names = vec![rcgen::SanType::DnsName(host.clone().try_into().unwrap())];
    });
    let mut members = json!({
        "client_name": name, "redirect_uris": [CALLBACK], "grant_types": ["authorization_code", "refresh_token"],
    });
    let method = match way {
        Way::Dpop => {
            members["dpop_bound_access_tokens"] = true.into();
            "private_key_jwt"
        }
        Way::Certificate => {
            members["tls_client_certificate_bound_access_tokens"] = true.into();
            "private_key_jwt"
        }
        Way::CertificateAlone => {
            members["tls_client_certificate_bound_access_tokens"] = true.into();
            members["tls_client_auth_san_dns"] = host.into();
            "tls_client_auth"
        }
    };
    let client = Client::register_with(world, method, &members, Some(key)).await;
    Party {
        app: App {
            client,
            redirect_uri: CALLBACK.to_owned(),
        },
        dpop: Key::new(Algorithm::ES256),
        certificate,
        way,
    }
}
