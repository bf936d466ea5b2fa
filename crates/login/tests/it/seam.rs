//! What a sign-in says about itself.

use kernel::UserId;
use login::{Method, SignedIn, Strength, UserVerification};

const PASSKEY: Method = Method::Passkey(UserVerification::Absent);
const PASSKEY_VERIFIED: Method = Method::Passkey(UserVerification::Done);

fn by(methods: &[Method]) -> SignedIn {
    let (first, others) = methods.split_first().unwrap();
    let alice = SignedIn::by(*first, UserId::parse("alice").unwrap());
    others.iter().fold(alice, |signed_in, method| signed_in.and(*method))
}

#[test]
fn methods_have_their_registered_names_and_add_up() {
    use Method::{Password, RecoveryCode};
    use Strength::{OneFactor, PhishingResistant, TwoFactors};

    let table: [(&[Method], &[&str], Strength); 9] = [
        (&[Password], &["pwd"], OneFactor),
        (&[RecoveryCode], &["otp"], OneFactor),
        (&[PASSKEY], &["pop", "user"], OneFactor),
        (&[PASSKEY_VERIFIED], &["pop", "user", "mfa"], PhishingResistant),
        (&[Password, RecoveryCode], &["pwd", "otp", "mfa"], TwoFactors),
        (&[Password, PASSKEY], &["pwd", "pop", "user", "mfa"], PhishingResistant),
        // Two things had are one factor.
        (&[RecoveryCode, PASSKEY], &["otp", "pop", "user"], OneFactor),
        (&[Password, Password], &["pwd"], OneFactor),
        (&[PASSKEY, PASSKEY_VERIFIED], &["pop", "user", "mfa"], PhishingResistant),
    ];
    for (methods, amr, strength) in table {
        let signed_in = by(methods);
        assert_eq!(signed_in.amr(), amr, "{methods:?}");
        assert_eq!(signed_in.strength(), strength, "{methods:?}");
    }
    assert!(OneFactor < TwoFactors && TwoFactors < PhishingResistant);
}

#[test]
fn user_verification_is_what_a_passkey_said() {
    assert_eq!(by(&[PASSKEY_VERIFIED]).user_verification(), UserVerification::Done);
    for methods in [&[PASSKEY][..], &[Method::Password, Method::RecoveryCode, PASSKEY]] {
        assert_eq!(by(methods).user_verification(), UserVerification::Absent);
    }
}

#[test]
fn methods_are_kept_in_their_order_and_once() {
    let signed_in = by(&[Method::RecoveryCode, PASSKEY, Method::RecoveryCode]);
    assert_eq!(signed_in.methods(), [Method::RecoveryCode, PASSKEY]);
    assert_eq!(signed_in.user().as_str(), "alice");
}
