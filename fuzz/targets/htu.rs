//! The URL of a DPoP proof.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hostile::fuzz::run("htu", data));
