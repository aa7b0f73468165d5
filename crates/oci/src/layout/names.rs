//! Names in a layout.

/// Says what an entry of `index.json` is (cosign).
pub(super) const KIND: &str = "kind";
/// An image.
pub(super) const IMAGE: &str = "dev.cosignproject.cosign/image";
/// An index.
pub(super) const INDEX: &str = "dev.cosignproject.cosign/imageIndex";
/// Signatures of the image.
pub(super) const SIGNATURES: &str = "dev.cosignproject.cosign/sigs";
/// Attestations of the image.
pub(super) const ATTESTATIONS: &str = "dev.cosignproject.cosign/atts";
/// The tag of an entry (OCI image specification, "Pre-Defined Annotation Keys").
pub(super) const REF_NAME: &str = "org.opencontainers.image.ref.name";
