//! A URL that a stranger named.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hostile::fuzz::run("external_url", data));
