//! libFuzzer's entry to [`touchmark_fuzz::public_key_pem`].

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    touchmark_fuzz::public_key_pem::check(data);
});
