//! libFuzzer's entry to [`touchmark_fuzz::image_payload`].

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    touchmark_fuzz::image_payload::check(data);
});
