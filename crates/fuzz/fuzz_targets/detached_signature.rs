//! libFuzzer's entry to [`touchmark_fuzz::detached_signature`].

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    touchmark_fuzz::detached_signature::check(data);
});
