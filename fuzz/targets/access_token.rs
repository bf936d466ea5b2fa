//! An access token, as a resource server reads it.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hostile::fuzz::run("access_token", data));
