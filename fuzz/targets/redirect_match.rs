//! A registered redirect URI, a line feed, and one that is asked for.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hostile::fuzz::run("redirect_match", data));
