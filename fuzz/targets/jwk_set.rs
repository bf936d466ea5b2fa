//! A JWK Set.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hostile::fuzz::run("jwk_set", data));
