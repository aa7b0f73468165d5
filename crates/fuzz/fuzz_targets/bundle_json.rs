//! libFuzzer's entry to [`touchmark_fuzz::bundle_json`].

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    touchmark_fuzz::bundle_json::check(data);
});
