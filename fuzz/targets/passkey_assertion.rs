//! The answer of an authenticator at sign-in.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hostile::fuzz::run("passkey_assertion", data));
