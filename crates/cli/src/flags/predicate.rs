//! `--type`, `--predicate`, `--statement`: what an attestation says.

use std::path::{Path, PathBuf};

use clap::Args;
use time::OffsetDateTime;
use touchmark_core::{Digest, ErrorKind};
use touchmark_formats::statement::{Subject, Version};
use touchmark_formats::{Predicate, PredicateType, Statement, predicate, statement};

use crate::error::CliError;
use crate::input_file;
use crate::stdin_password;

/// What an attestation says.
#[derive(Args, Debug)]
pub(crate) struct PredicateFlags {
    /// What the predicate is: slsaprovenance, slsaprovenance02, slsaprovenance1, link, spdx,
    /// spdxjson, cyclonedx, vuln, openvex, custom, or a URI
    #[arg(long = "type", value_name = "TYPE", default_value = "custom")]
    kind: String,

    /// The predicate's file; - is standard input
    #[arg(long, value_name = "FILE", required_unless_present = "statement")]
    predicate: Option<PathBuf>,

    /// A whole in-toto statement to sign as it is, instead of a predicate
    #[arg(long, value_name = "FILE", conflicts_with = "predicate")]
    statement: Option<PathBuf>,
}

/// What is said, read and checked, before it is known about what.
#[derive(Debug)]
pub(crate) enum Said {
    Predicate(PredicateType, Predicate),
    /// Bytes that are signed as they are, and what they say.
    Statement(Vec<u8>, Box<Statement>),
}

/// A statement as it is signed.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) payload: Vec<u8>,
    pub(crate) predicate_type: String,
}

/// What `--type` stands for.
pub(crate) fn predicate_type(text: &str) -> Result<PredicateType, CliError> {
    Ok(PredicateType::parse(text)?)
}

impl PredicateFlags {
    /// Reads the file. What is not what its type says is refused before a key is opened.
    pub(crate) fn read(&self) -> Result<Said, CliError> {
        if let Some(path) = &self.statement {
            let bytes = read(path)?;
            let said = statement::read(&bytes)
                .map_err(|error| CliError::from(error).context(&path.display().to_string()))?;
            return Ok(Said::Statement(bytes, Box::new(said)));
        }
        let kind = predicate_type(&self.kind)?;
        let Some(path) = &self.predicate else {
            return Err(CliError::usage("nothing to attest was given")
                .hint("give --predicate FILE or --statement FILE"));
        };
        let file = read(path)?;
        let predicate = predicate::prepare(&kind, &file, OffsetDateTime::now_utc())
            .map_err(|error| CliError::from(error).context(&path.display().to_string()))?;
        Ok(Said::Predicate(kind, predicate))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, CliError> {
    if path.as_os_str() == "-" {
        stdin_password::stdin_is_data();
        return input_file::read_stdin().map_err(input_file::ReadError::into_cli);
    }
    input_file::read_limited(path).map_err(input_file::ReadError::into_cli)
}

impl Said {
    /// The statement about this artifact, in the layout that cosign attests with.
    pub(crate) fn about(&self, name: &str, digest: &Digest) -> Result<Ready, CliError> {
        match self {
            Self::Statement(payload, said) => {
                let is_subject = |subject: &Subject| subject.is(std::slice::from_ref(digest));
                if !said.subjects.iter().any(is_subject) {
                    return Err(not_about(digest));
                }
                Ok(Ready {
                    payload: payload.clone(),
                    predicate_type: said.predicate_type.clone(),
                })
            }
            Self::Predicate(kind, predicate) => {
                let said = Statement {
                    version: Version::V0_1,
                    subjects: vec![Subject::new(name, digest)],
                    predicate_type: kind.uri().into(),
                    predicate: Some(predicate.clone()),
                };
                Ok(Ready {
                    payload: statement::write(&said)?,
                    predicate_type: kind.uri().into(),
                })
            }
        }
    }

    /// The statement as it is, where no artifact was named.
    pub(crate) fn alone(&self) -> Result<Ready, CliError> {
        match self {
            Self::Statement(payload, said) => Ok(Ready {
                payload: payload.clone(),
                predicate_type: said.predicate_type.clone(),
            }),
            Self::Predicate(..) => Err(CliError::usage("no artifact was named")
                .hint("name the FILE that is attested, or give --hash with its SHA-256")),
        }
    }
}

fn not_about(digest: &Digest) -> CliError {
    CliError::new(
        ErrorKind::Usage,
        format!("the statement has no subject with {digest}"),
    )
    .hint("a statement is signed as it is: write the artifact's digest into its subject")
}
