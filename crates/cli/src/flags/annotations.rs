//! `-a NAME=VALUE`: what is signed beside the image's digest, and what must have been.

use std::collections::BTreeMap;

use clap::Args;

use crate::error::CliError;

/// Annotations, as cosign takes them: several flags, or one with commas.
#[derive(Args, Debug)]
pub(crate) struct AnnotationFlags {
    /// A signed annotation; repeat the flag, or separate with commas
    #[arg(short = 'a', long, value_name = "NAME=VALUE", value_delimiter = ',')]
    annotations: Vec<String>,
}

impl AnnotationFlags {
    /// By name; of two with one name the last counts, as in cosign.
    pub(crate) fn map(&self) -> Result<BTreeMap<String, String>, CliError> {
        self.annotations.iter().map(|text| split(text)).collect()
    }
}

fn split(text: &str) -> Result<(String, String), CliError> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.into(), value.into())),
        _ => Err(CliError::usage(format!("{text:?} is no annotation"))
            .hint("write -a NAME=VALUE; a value cannot have a comma")),
    }
}
