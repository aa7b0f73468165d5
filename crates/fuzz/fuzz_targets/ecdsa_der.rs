//! libFuzzer's entry to [`touchmark_fuzz::ecdsa_der`].

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    touchmark_fuzz::ecdsa_der::check(data);
});
