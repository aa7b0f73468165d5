//! cosign's KMS plugin protocol, host side and plugin side.
