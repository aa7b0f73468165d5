//! SLSA provenance, versions 0.2 and 1 (slsa.dev/spec).

use serde::Deserialize;

use super::fields::{Digests, Moment, Object, Resource, Text};
use crate::protojson::Message;

/// `https://slsa.dev/provenance/v0.2`.
#[derive(Deserialize)]
pub(super) struct Provenance02 {
    #[serde(rename = "builder")]
    _builder: Message<Builder02>,
    #[serde(rename = "buildType")]
    _build_type: Text,
    #[serde(rename = "invocation")]
    _invocation: Option<Message<Invocation>>,
    #[serde(rename = "buildConfig")]
    _build_config: Option<Object>,
    #[serde(rename = "metadata")]
    _metadata: Option<Message<Metadata02>>,
    #[serde(rename = "materials")]
    _materials: Option<Vec<Message<Source>>>,
}

#[derive(Deserialize)]
struct Builder02 {
    #[serde(rename = "id")]
    _id: Text,
}

#[derive(Deserialize)]
struct Invocation {
    #[serde(rename = "configSource")]
    _config_source: Option<Message<ConfigSource>>,
    #[serde(rename = "parameters")]
    _parameters: Option<Object>,
    #[serde(rename = "environment")]
    _environment: Option<Object>,
}

#[derive(Deserialize)]
struct ConfigSource {
    #[serde(rename = "uri")]
    _uri: Option<String>,
    #[serde(rename = "digest")]
    _digest: Option<Digests>,
    #[serde(rename = "entryPoint")]
    _entry_point: Option<String>,
}

#[derive(Deserialize)]
struct Source {
    #[serde(rename = "uri")]
    _uri: Option<String>,
    #[serde(rename = "digest")]
    _digest: Option<Digests>,
}

#[derive(Deserialize)]
struct Metadata02 {
    #[serde(rename = "buildInvocationId", alias = "buildInvocationID")]
    _build_invocation_id: Option<String>,
    #[serde(rename = "buildStartedOn")]
    _build_started_on: Option<Moment>,
    #[serde(rename = "buildFinishedOn")]
    _build_finished_on: Option<Moment>,
    #[serde(rename = "completeness")]
    _completeness: Option<Message<Completeness>>,
    #[serde(rename = "reproducible")]
    _reproducible: Option<bool>,
}

#[derive(Deserialize)]
struct Completeness {
    #[serde(rename = "parameters")]
    _parameters: Option<bool>,
    #[serde(rename = "environment")]
    _environment: Option<bool>,
    #[serde(rename = "materials")]
    _materials: Option<bool>,
}

/// `https://slsa.dev/provenance/v1`.
#[derive(Deserialize)]
pub(super) struct Provenance1 {
    #[serde(rename = "buildDefinition")]
    _build_definition: Message<BuildDefinition>,
    #[serde(rename = "runDetails")]
    _run_details: Message<RunDetails>,
}

#[derive(Deserialize)]
struct BuildDefinition {
    #[serde(rename = "buildType")]
    _build_type: Text,
    #[serde(rename = "externalParameters")]
    _external_parameters: Object,
    #[serde(rename = "internalParameters")]
    _internal_parameters: Option<Object>,
    #[serde(rename = "resolvedDependencies")]
    _resolved_dependencies: Option<Vec<Resource>>,
}

#[derive(Deserialize)]
struct RunDetails {
    #[serde(rename = "builder")]
    _builder: Message<Builder1>,
    #[serde(rename = "metadata")]
    _metadata: Option<Message<Metadata1>>,
    #[serde(rename = "byproducts")]
    _byproducts: Option<Vec<Resource>>,
}

#[derive(Deserialize)]
struct Builder1 {
    #[serde(rename = "id")]
    _id: Text,
    #[serde(rename = "version")]
    _version: Option<Object<String>>,
    #[serde(rename = "builderDependencies")]
    _builder_dependencies: Option<Vec<Resource>>,
}

#[derive(Deserialize)]
struct Metadata1 {
    // The second spelling is that of Go's types, which cosign takes too.
    #[serde(rename = "invocationId", alias = "invocationID")]
    _invocation_id: Option<String>,
    #[serde(rename = "startedOn")]
    _started_on: Option<Moment>,
    #[serde(rename = "finishedOn")]
    _finished_on: Option<Moment>,
}
