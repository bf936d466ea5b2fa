//! Whether the credentials hold.

use proof::{
    Algorithm, Time, Verified,
    assertion::{self, AssertionError},
    certificate::Certificate,
    client_attestation::{self, ClientAttestationError, Possession},
    digest,
    dpop::{DpopError, DpopProof},
    jwk::KeySet,
    jws::{Compact, Rejected},
    nonce,
};

use super::request::{Attested, Credentials, Evidence};
use crate::{
    authorization::Wish,
    caller::{Caller, PublicClient, PureMachine, Who},
    client::{Authentication, Client, SecurityProfile, TlsName, TlsNameKind},
    confirmation::Confirmation,
    mark::{Mark, Stands},
    tenant::{NonceRule, Tenant},
    why::Why,
};

/// How long past its `exp` an assertion's mark is kept, and how far a `DPoP` proof's `iat` may lie from now: the skews of `proof`, in seconds.
const SKEW_SECONDS: i64 = 10;

/// What was loaded about the client that the credentials name.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The registration, if there is one.
    pub client: Option<Client>,
    /// Its registered keys, parsed, if it registered any.
    pub keys: Option<&'a KeySet>,
    /// The tenant: its issuer is the only audience of an assertion.
    pub tenant: &'a Tenant,
    /// What challenges of ours are made with.
    pub nonce_key: &'a [u8; 32],
    /// The certificate that the connection was made with, if it was made with one.
    pub certificate: Option<&'a ShownCertificate>,
}

/// A certificate whose key the other end of the connection proved to hold.
#[derive(Clone, Debug)]
pub struct ShownCertificate {
    /// What it says.
    pub certificate: Certificate,
    /// Who vouches for it.
    pub vouched: Vouched,
}

/// Who vouches for a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vouched {
    /// An authority that this installation trusts, now.
    ByAuthority,
    /// Nobody.
    ByNobody,
}

/// Proves a client by what it showed, and takes the marks of its proofs.
#[expect(
    clippy::too_many_lines,
    reason = "one decision from top to bottom, in numbered steps"
)]
pub fn prove(
    credentials: &Credentials,
    mut facts: Facts<'_>,
    dpop: Option<Verified<DpopProof>>,
    now: Time,
) -> Result<Caller, Why> {
    // 1. The client exists. For one that does not, the same work is done, so that time tells nothing of secrets (S-42); a signature is not checked for nobody.
    let Some(client) = facts.client.take() else {
        shown_without_client(credentials);
        return Err(Why::ClientUnknown);
    };

    // 2. It uses the method it registered (RFC 7591 s2): a secret is no way in for a client with a key.
    let mut marks = Vec::new();
    let mut instance = None;
    match (&credentials.evidence, &client.authentication) {
        (Evidence::SecretBasic(shown), Authentication::SecretBasic { secret_digest })
        | (Evidence::SecretPost(shown), Authentication::SecretPost { secret_digest }) => {
            // 3a. The secret: compared by digest, in constant time (S-42).
            if !digest::same(
                digest::sha256_b64(shown.reveal().as_bytes()).as_bytes(),
                secret_digest.as_bytes(),
            ) {
                return Err(Why::SecretWrong);
            }
        }
        (Evidence::Assertion(shown), Authentication::PrivateKeyJwt) => {
            // 3b. The assertion: signed by a registered key, for us alone, fresh, and used once (RFC 7523 s3, 7523bis).
            let keys = facts.keys.ok_or(Why::AuthenticationMethod)?;
            let compact = Compact::parse(shown).map_err(|rule| Why::Assertion(AssertionError::Jws(rule)))?;
            if !may_sign(&client, facts.tenant, compact.algorithm()) {
                return Err(Why::Assertion(AssertionError::Jws(Rejected::WrongAlgorithm)));
            }
            let proved = assertion::check(&compact, keys, &facts.tenant.issuer, now).map_err(Why::Assertion)?;
            if proved.client_id != client.id.as_str() {
                return Err(Why::AssertionOfAnother);
            }
            marks.push(Mark::new(
                Stands::ClientAssertion,
                client.id.as_str(),
                &proved.jti,
                proved.expires.plus(SKEW_SECONDS),
            ));
        }
        // 3b'. The attestation: by the client's attester, whose keys are the client's, with a proof of the instance's key (draft s7).
        (Evidence::Attestation(shown), Authentication::Attestation) => {
            instance = Some(attested(shown, &client, &facts, dpop.as_deref(), now, &mut marks)?);
        }
        // 3c. The certificate: vouched for, with the name that the client registered (RFC 8705 s2.1.2).
        (Evidence::Name, Authentication::Tls) => {
            let shown = facts.certificate.ok_or(Why::CertificateWrong)?;
            let named = client
                .further
                .tls
                .as_ref()
                .is_some_and(|name| names(&shown.certificate, name));
            if shown.vouched != Vouched::ByAuthority || !named {
                return Err(Why::CertificateWrong);
            }
        }
        // 3d. The certificate: for one of the client's own keys, whoever issued it (RFC 8705 s2.2).
        (Evidence::Name, Authentication::SelfSignedTls) => {
            let shown = facts.certificate.ok_or(Why::CertificateWrong)?;
            if !facts.keys.is_some_and(|keys| shown.certificate.has_key_in(keys)) {
                return Err(Why::CertificateWrong);
            }
        }
        // 3e. Nothing, of a client that has nothing: it is named, not authenticated, and what it may do is bound by PKCE and by what it holds.
        (Evidence::Name, Authentication::Nothing) => {}
        (
            Evidence::SecretBasic(_)
            | Evidence::SecretPost(_)
            | Evidence::Assertion(_)
            | Evidence::Attestation(_)
            | Evidence::Name,
            _,
        ) => {
            shown_without_client(credentials);
            return Err(Why::AuthenticationMethod);
        }
    }

    // 4. It is enabled. Asked last, so that only the client itself can learn it by time.
    if client.disabled.is_some() {
        return Err(Why::ClientDisabled);
    }

    // 5. Under FAPI only what a key of the client's proves is proof (FAPI 2.0 s5.3.2.1).
    let profile = client.profile(facts.tenant);
    if profile >= SecurityProfile::Fapi2 && !client.authentication.is_strong() {
        return Err(Why::AuthenticationMethod);
    }
    if profile >= SecurityProfile::Fapi2
        && dpop
            .as_ref()
            .is_some_and(|proof| proof.key.algorithm() == Algorithm::RS256)
    {
        return Err(Why::Dpop(DpopError::Jws(Rejected::WrongAlgorithm)));
    }

    // 6. The key it proved to hold: by a proof, which is good once (RFC 9449 s4.3), or by its connection (RFC 8705 s3).
    let by_certificate = facts
        .certificate
        .filter(|_| client.further.certificate_bound == Wish::Yes)
        .map(|shown| Confirmation::Certificate(shown.certificate.thumbprint().to_owned()));
    let by_proof = dpop.map(|proof| {
        let proof = proof.into_inner();
        marks.push(dpop_mark(&proof));
        Confirmation::Jkt(proof.jkt)
    });
    let key = by_certificate.or(by_proof);
    let who = match client.authentication {
        Authentication::Nothing => Who::PublicClient(PublicClient { client }),
        Authentication::SecretBasic { .. }
        | Authentication::SecretPost { .. }
        | Authentication::PrivateKeyJwt
        | Authentication::Tls
        | Authentication::SelfSignedTls
        | Authentication::Attestation => Who::PureMachine(PureMachine { client }),
    };
    Ok(Caller {
        who,
        key,
        instance,
        marks,
    })
}

/// The thumbprint of the attested instance's key.
fn attested(
    shown: &Attested,
    client: &Client,
    facts: &Facts<'_>,
    dpop: Option<&DpopProof>,
    now: Time,
    marks: &mut Vec<Mark>,
) -> Result<String, Why> {
    let wrong = Why::Attestation;
    let attesters = facts.keys.ok_or(Why::AuthenticationMethod)?;
    let attestation =
        Compact::parse(&shown.attestation).map_err(|rule| wrong(ClientAttestationError::Attestation(rule)))?;
    let proof = shown
        .pop
        .as_deref()
        .map(Compact::parse)
        .transpose()
        .map_err(|rule| wrong(ClientAttestationError::Pop(rule)))?;
    let possession = match (&proof, dpop) {
        (Some(proof), _) => Possession::Pop(proof),
        (None, Some(dpop)) => Possession::Dpop { jkt: &dpop.jkt },
        (None, None) => return Err(Why::AttestationUnproved),
    };
    let expect = client_attestation::Expect {
        issuer: &facts.tenant.issuer,
        now,
    };
    let attested = client_attestation::check(&attestation, attesters, possession, &expect).map_err(wrong)?;
    if attested.client_id != client.id.as_str() {
        return Err(Why::AttestationOfAnother);
    }
    if let Some(pop) = &attested.pop {
        check_challenge(pop.challenge.as_deref(), facts, now)?;
        let expires = pop.expires.plus(SKEW_SECONDS);
        marks.push(Mark::new(
            Stands::AttestationProof,
            &attested.instance_thumbprint,
            &pop.jti,
            expires,
        ));
    }
    Ok(attested.instance_thumbprint.clone())
}

/// A challenge that is there must be ours, and fresh; whether it must be there is the tenant's rule about nonces (draft s8).
fn check_challenge(shown: Option<&str>, facts: &Facts<'_>, now: Time) -> Result<(), Why> {
    match (shown, facts.tenant.settings.dpop_nonce) {
        (Some(shown), _) => nonce::check(facts.nonce_key, shown, now).map_err(|_| Why::AttestationChallenge),
        (None, NonceRule::Accepted) => Ok(()),
        (None, NonceRule::Demanded) => Err(Why::AttestationChallenge),
    }
}

/// Whether a client's assertions may be signed so: by the algorithm it registered (OpenID Connect Registration s2), and under FAPI never by PKCS #1 (FAPI 2.0 s5.4).
fn may_sign(client: &Client, tenant: &Tenant, algorithm: Algorithm) -> bool {
    let registered = client
        .further
        .assertion
        .is_none_or(|registered| registered == algorithm);
    let by_profile = client.profile(tenant) == SecurityProfile::Baseline || algorithm != Algorithm::RS256;
    registered && by_profile
}

/// Whether a certificate has a client's name where the client said it would stand.
fn names(certificate: &Certificate, name: &TlsName) -> bool {
    match name.kind {
        TlsNameKind::Subject => certificate.subject_is(&name.value),
        TlsNameKind::Dns => certificate.has_dns(&name.value),
        TlsNameKind::Uri => certificate.has_uri(&name.value),
        TlsNameKind::Ip => certificate.has_ip(&name.value),
        TlsNameKind::Email => certificate.has_email(&name.value),
    }
}

/// The work of a comparison, for a client that does not exist or has no secret.
pub fn shown_without_client(credentials: &Credentials) {
    let (Evidence::SecretBasic(shown) | Evidence::SecretPost(shown)) = &credentials.evidence else {
        return;
    };
    std::hint::black_box(digest::same(
        digest::sha256_b64(shown.reveal().as_bytes()).as_bytes(),
        &[b'x'; 43],
    ));
}

/// The mark of a `DPoP` proof: by key and `jti`, until its `iat` is out of the window.
pub fn dpop_mark(proof: &DpopProof) -> Mark {
    let expires = proof.iat.plus(proof::dpop::WINDOW_SECONDS).plus(SKEW_SECONDS);
    Mark::new(Stands::DpopProof, &proof.jkt, &proof.jti, expires)
}
