//! Sign software with keys that cannot be copied, verifiable with an unmodified cosign.

fn main() {}
