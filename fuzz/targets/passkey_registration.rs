//! The answer of an authenticator at registration.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hostile::fuzz::run("passkey_registration", data));
