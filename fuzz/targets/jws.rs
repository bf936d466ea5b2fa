//! A compact JWS and its header.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hostile::fuzz::run("jws", data));
