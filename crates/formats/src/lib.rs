//! Signature formats as cosign reads and writes them: bytes in, bytes out.
