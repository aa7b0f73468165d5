//! libFuzzer's entry to [`touchmark_fuzz::certificate_chain`].

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    touchmark_fuzz::certificate_chain::check(data);
});
