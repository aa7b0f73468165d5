//! libFuzzer's entry to [`touchmark_fuzz::private_key_file`].

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    touchmark_fuzz::private_key_file::check(data);
});
