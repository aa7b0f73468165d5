//! libFuzzer's entry to [`touchmark_fuzz::spki_der`].

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    touchmark_fuzz::spki_der::check(data);
});
