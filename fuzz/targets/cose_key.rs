//! The COSE key of a passkey, and its CBOR.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hostile::fuzz::run("cose_key", data));
