//! libFuzzer's entry to [`touchmark_fuzz::pkcs11_uri`].

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    touchmark_fuzz::pkcs11_uri::check(data);
});
