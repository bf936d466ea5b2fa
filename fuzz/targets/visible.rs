//! A text of a stranger that is shown to people.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hostile::fuzz::run("visible", data));
