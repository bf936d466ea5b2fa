//! The seam between the program and whoever knows the humans.
//!
//! The rest of the program learns a [`SignedIn`] and nothing else: who, and by which methods. It does not learn
//! passwords, cookies or assertions of others, so a new provider changes this crate and the page that starts it.
//!
//! What each provider must be able to answer, and how:
//!
//! | question | built in | Ory Kratos | OpenID Connect | SAML 2.0 |
//! |---|---|---|---|---|
//! | who, for ever | our user id | `identity.id` of the session | `iss` and `sub` (Core s2) | issuer and persistent `NameID` |
//! | by which methods | what we checked | `authentication_methods` | `amr` (RFC 8176) | `AuthnContextClassRef` |
//! | when | now | `authenticated_at` | `auth_time` | `AuthnInstant` |
//! | did this browser ask | sign-in cookie | login challenge | `state`, `nonce`, PKCE | `RelayState`, `InResponseTo` |
//! | is it said to us | | our own request | `aud`, signature | `AudienceRestriction`, signature |
//!
//! Three rules come with it. A foreign subject is mapped to a [`UserId`] by its provider and its permanent name, never by
//! an e-mail address, which is given to somebody else one day. A method that the provider does not name is none: the
//! least is assumed. User verification that a foreign provider reports is good for signing in, never for an approval
//! that asks for it: that is checked here, over the approval itself.
//!
//! It is an enum and not a trait, because the providers share no step: a password is one request, the others leave with
//! a redirect and come back. What they share is the end.

use kernel::UserId;

/// Who vouches for the human.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// We do: passkeys, passwords and recovery codes of our own.
    BuiltIn,
}

/// How a human has shown who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// A password.
    Password,
    /// A signature of a passkey.
    Passkey(UserVerification),
    /// A recovery code, used up by it.
    RecoveryCode,
}

/// Whether the authenticator has recognised its owner by a biometric or a PIN: the flag UV of `WebAuthn` L3 s6.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum UserVerification {
    /// It has only seen that somebody is there.
    Absent,
    /// It has.
    Done,
}

impl Method {
    /// Its names in the registry of Authentication Method Reference Values.
    ///
    /// - A password is `pwd`, a recovery code a one-time password, `otp` (RFC 8176 s2).
    /// - A passkey proves possession of a key. Whether hardware guards it (`hwk`) or software (`swk`) is not known of a key
    ///   that is synchronised or came without attestation, so it is `pop` (registered by `OpenID` Connect EAP ACR Values
    ///   1.0), with the test of presence that `WebAuthn` always makes, `user`. With user verification it is two factors
    ///   in one device, `mfa`; whether finger, face or PIN is not told to us (RFC 8176 s2).
    pub fn amr(self) -> &'static [&'static str] {
        match self {
            Self::Password => &["pwd"],
            Self::Passkey(UserVerification::Absent) => &["pop", "user"],
            Self::Passkey(UserVerification::Done) => &["pop", "user", "mfa"],
            Self::RecoveryCode => &["otp"],
        }
    }
}

/// How sure the methods of a sign-in make us; more is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// One thing known, or one thing had: AAL1 of NIST SP 800-63B.
    OneFactor,
    /// One thing known and one thing had.
    TwoFactors,
    /// Two factors, one of them a passkey: nothing that a false page could ask for opens the account.
    PhishingResistant,
}

/// A human who has signed in: what every provider answers in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    user: UserId,
    // Never empty.
    methods: Vec<Method>,
}

impl SignedIn {
    /// Somebody who has shown who they are by one method.
    pub fn by(method: Method, user: UserId) -> Self {
        Self {
            user,
            methods: vec![method],
        }
    }

    /// The same human, who has used another method too.
    #[must_use]
    pub fn and(mut self, method: Method) -> Self {
        if !self.methods.contains(&method) {
            self.methods.push(method);
        }
        self
    }

    /// Who it is.
    pub fn user(&self) -> &UserId {
        &self.user
    }

    /// By which methods, in the order of their use, each once.
    pub fn methods(&self) -> &[Method] {
        &self.methods
    }

    /// Whether an authenticator has recognised its owner.
    pub fn user_verification(&self) -> UserVerification {
        if self.used(Method::Passkey(UserVerification::Done)) {
            UserVerification::Done
        } else {
            UserVerification::Absent
        }
    }

    /// How sure the methods make us.
    pub fn strength(&self) -> Strength {
        let password = self.used(Method::Password);
        if self.user_verification() == UserVerification::Done {
            return Strength::PhishingResistant;
        }
        if password && self.used(Method::Passkey(UserVerification::Absent)) {
            return Strength::PhishingResistant;
        }
        if password && self.used(Method::RecoveryCode) {
            return Strength::TwoFactors;
        }
        Strength::OneFactor
    }

    /// The value of `amr` (`OpenID` Connect Core s2): the names of all methods, and `mfa` where they are two factors only
    /// together.
    pub fn amr(&self) -> Vec<&'static str> {
        let together: &[&str] = match self.strength() {
            Strength::OneFactor => &[],
            Strength::TwoFactors | Strength::PhishingResistant => &["mfa"],
        };
        let mut names = Vec::new();
        for name in self.methods.iter().flat_map(|method| method.amr()).chain(together) {
            if !names.contains(name) {
                names.push(*name);
            }
        }
        names
    }

    fn used(&self, method: Method) -> bool {
        self.methods.contains(&method)
    }
}
