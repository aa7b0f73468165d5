//! libFuzzer's entry to [`touchmark_fuzz::key_uri`].

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    touchmark_fuzz::key_uri::check(data);
});
