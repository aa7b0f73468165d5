//! libFuzzer's entry to [`touchmark_fuzz::plugin_response`].

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    touchmark_fuzz::plugin_response::check(data);
});
