//! libFuzzer's entry to [`touchmark_fuzz::statement`].

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    touchmark_fuzz::statement::check(data);
});
