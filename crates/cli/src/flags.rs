//! Groups of flags that several verbs share, with cosign's names.

mod annotations;
mod certificate;
mod forms;
mod key;
mod predicate;
mod registry;
mod trust;

pub(crate) use annotations::AnnotationFlags;
pub(crate) use certificate::CertificateFlags;
pub(crate) use forms::FormFlags;
pub(crate) use key::KeyFlags;
pub(crate) use predicate::{PredicateFlags, Ready, Said, predicate_type};
pub(crate) use registry::RegistryFlags;
pub(crate) use trust::{TrustFlags, Trusted};
