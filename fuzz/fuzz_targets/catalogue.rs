//! `peerpool_fuzz::catalogue` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| peerpool_fuzz::catalogue(data));
