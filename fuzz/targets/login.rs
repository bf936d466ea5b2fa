//! A login, and the ids of groups and tenants.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hostile::fuzz::run("login", data));
