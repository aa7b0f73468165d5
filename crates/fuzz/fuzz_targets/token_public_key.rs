//! libFuzzer's entry to [`touchmark_fuzz::token_public_key`].

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    touchmark_fuzz::token_public_key::check(data);
});
