//! Checks a JSON object against its type, and says where it differs.

use serde::Deserialize;

use super::{PredicateError, PredicateType, link, sbom, slsa, vuln};
use crate::error::printable;

/// The longest place that an error repeats, in characters.
const PATH: usize = 200;

/// Checks an object in JSON that was found sound.
pub(super) fn check(kind: &PredicateType, json: &str) -> Result<(), PredicateError> {
    let name = kind.name();
    match kind {
        PredicateType::SlsaProvenance02 => is::<slsa::Provenance02>(name, json),
        PredicateType::SlsaProvenance1 => is::<slsa::Provenance1>(name, json),
        PredicateType::SpdxJson | PredicateType::SpdxText => spdx(name, json),
        PredicateType::CycloneDx => is::<sbom::CycloneDx>(name, json),
        PredicateType::Link => is::<link::Link>(name, json),
        PredicateType::Vuln => is::<vuln::Scan>(name, json),
        PredicateType::OpenVex => is::<vuln::OpenVex>(name, json),
        PredicateType::Custom | PredicateType::Other(_) => Ok(()),
    }
}

fn spdx(name: &'static str, json: &str) -> Result<(), PredicateError> {
    let either: sbom::Either = read(name, json)?;
    match either.context {
        None => is::<sbom::Spdx2>(name, json),
        Some(_) => is::<sbom::Spdx3>(name, json),
    }
}

fn is<'j, T: Deserialize<'j>>(name: &'static str, json: &'j str) -> Result<(), PredicateError> {
    read::<T>(name, json).map(|_| ())
}

fn read<'j, T: Deserialize<'j>>(name: &'static str, json: &'j str) -> Result<T, PredicateError> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        PredicateError::Field {
            kind: name,
            path: match path.as_str() {
                "." => String::new(),
                path => printable(path, PATH),
            },
            source: error.into_inner().into(),
        }
    })
}
