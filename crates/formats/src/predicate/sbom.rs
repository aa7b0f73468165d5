//! Bills of materials: SPDX 2 and 3, and `CycloneDX`.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::fields::{Moment, Object, Text};
use crate::protojson::Message;

/// An SPDX document: version 2 as JSON, or version 3 as JSON-LD, which has a context.
#[derive(Deserialize)]
pub(super) struct Either {
    #[serde(rename = "@context")]
    pub(super) context: Option<IgnoredAny>,
}

/// SPDX 2 (spdx.github.io/spdx-spec/v2.3, clause 6).
#[derive(Deserialize)]
pub(super) struct Spdx2 {
    #[serde(rename = "spdxVersion")]
    _spdx_version: Spdx2Version,
    #[serde(rename = "SPDXID")]
    _spdx_id: Text,
    #[serde(rename = "dataLicense")]
    _data_license: Text,
    #[serde(rename = "name")]
    _name: Text,
    #[serde(rename = "documentNamespace")]
    _document_namespace: Text,
    #[serde(rename = "creationInfo")]
    _creation_info: Message<CreationInfo>,
    #[serde(rename = "packages")]
    _packages: Option<Vec<Message<Package>>>,
    #[serde(rename = "files")]
    _files: Option<Vec<Message<File>>>,
    #[serde(rename = "relationships")]
    _relationships: Option<Vec<Message<Relationship>>>,
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Spdx2Version;

impl TryFrom<String> for Spdx2Version {
    type Error = &'static str;

    fn try_from(version: String) -> Result<Self, Self::Error> {
        if version.starts_with("SPDX-2.") {
            Ok(Self)
        } else {
            Err("it is not SPDX-2.x")
        }
    }
}

#[derive(Deserialize)]
struct CreationInfo {
    #[serde(rename = "created")]
    _created: Moment,
    #[serde(rename = "creators")]
    _creators: Vec<Text>,
}

#[derive(Deserialize)]
struct Package {
    #[serde(rename = "SPDXID")]
    _spdx_id: Text,
    #[serde(rename = "name")]
    _name: Text,
}

#[derive(Deserialize)]
struct File {
    #[serde(rename = "SPDXID")]
    _spdx_id: Text,
    #[serde(rename = "fileName")]
    _file_name: Text,
}

#[derive(Deserialize)]
struct Relationship {
    #[serde(rename = "spdxElementId")]
    _spdx_element_id: Text,
    #[serde(rename = "relatedSpdxElement")]
    _related_spdx_element: Text,
    #[serde(rename = "relationshipType")]
    _relationship_type: Text,
}

/// SPDX 3 (spdx.github.io/spdx-spec/v3.0.1): a graph of elements.
#[derive(Deserialize)]
pub(super) struct Spdx3 {
    #[serde(rename = "@graph")]
    _graph: Vec<Object>,
}

/// `CycloneDX` (cyclonedx.org/docs), 1.2 and later: before, JSON was not defined.
#[derive(Deserialize)]
pub(super) struct CycloneDx {
    #[serde(rename = "bomFormat")]
    _bom_format: BomFormat,
    #[serde(rename = "specVersion")]
    _spec_version: Text,
    #[serde(rename = "serialNumber")]
    _serial_number: Option<String>,
    #[serde(rename = "version")]
    _version: Option<u64>,
    #[serde(rename = "metadata")]
    _metadata: Option<Object>,
    #[serde(rename = "components")]
    _components: Option<Vec<Message<Component>>>,
    #[serde(rename = "dependencies")]
    _dependencies: Option<Vec<Message<Dependency>>>,
    #[serde(rename = "vulnerabilities")]
    _vulnerabilities: Option<Vec<Object>>,
}

#[derive(Deserialize)]
enum BomFormat {
    CycloneDX,
}

#[derive(Deserialize)]
struct Component {
    #[serde(rename = "type")]
    _kind: Text,
    #[serde(rename = "name")]
    _name: Text,
}

#[derive(Deserialize)]
struct Dependency {
    #[serde(rename = "ref")]
    _reference: Text,
}

/// Whether text is SPDX 2 in the tag-value form: its version is a line of its own.
pub(super) fn is_tag_value(text: &str) -> bool {
    text.lines().any(|line| {
        line.trim_start_matches('\u{feff}')
            .strip_prefix("SPDXVersion:")
            .is_some_and(|version| version.trim().starts_with("SPDX-2."))
    })
}
