//! libFuzzer's entry to [`touchmark_fuzz::blob_verdict`].

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    touchmark_fuzz::blob_verdict::check(data);
});
