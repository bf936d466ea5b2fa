//! A list of scope tokens.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hostile::fuzz::run("scopes", data));
