//! What the verbs for images share: making claims, attaching them, finding and judging them.

pub(crate) mod attestation_file;
pub(crate) mod claim_signer;
