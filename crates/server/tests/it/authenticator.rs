//! The software authenticator that the tests of the checks themselves are made with, at the doors.

#[expect(dead_code, reason = "those tests bend more of it than these")]
#[path = "../../../proof/tests/it/authenticator.rs"]
mod whole;

pub(crate) use whole::{AT, Alg, Assertion, Authenticator, Registration, UP, UV, b64};
