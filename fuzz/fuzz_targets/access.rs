//! `peerpool_fuzz::access` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| peerpool_fuzz::access(data));
