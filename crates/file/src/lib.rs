//! Keys in files: cosign-encrypted and plain PEM.
