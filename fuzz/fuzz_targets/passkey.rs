//! `peerpool_fuzz::passkey` under libFuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| peerpool_fuzz::passkey(data));
