//! libFuzzer's entry to [`touchmark_fuzz::plugin_request`].

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    touchmark_fuzz::plugin_request::check(data);
});
