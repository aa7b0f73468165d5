//! Flags of cosign's that have no work to do here.
//!
//! A flag whose absence changes nothing is accepted, so that scripts written for cosign run
//! unchanged. One whose absence would change the meaning is refused with a hint, never ignored.

use clap::Args;

use crate::error::CliError;

/// Accepted by every blob verb: each asks for what is the case anyway.
#[derive(Args, Debug)]
#[command(next_help_heading = "Accepted for cosign's sake")]
pub(crate) struct Accepted {
    /// Do not ask (nothing is asked)
    #[arg(short = 'y', long, hide = true, action = clap::ArgAction::Set, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL")]
    yes: Option<bool>,

    #[arg(long, hide = true, action = clap::ArgAction::Set, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL")]
    offline: Option<bool>,

    #[arg(long, hide = true, value_name = "N")]
    max_workers: Option<u32>,

    #[arg(long, hide = true, action = clap::ArgAction::Set, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL")]
    insecure_ignore_tlog: Option<bool>,

    #[arg(long, hide = true, action = clap::ArgAction::Set, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL")]
    private_infrastructure: Option<bool>,

    #[arg(long, hide = true, action = clap::ArgAction::Set, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL")]
    new_bundle_format: Option<bool>,

    #[arg(long, hide = true, action = clap::ArgAction::Set, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL")]
    tlog_upload: Option<bool>,

    #[arg(long, hide = true, action = clap::ArgAction::Set, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL")]
    use_signing_config: Option<bool>,
}

impl Accepted {
    /// Refuses the values that ask for what is not done here.
    pub(crate) fn check(&self) -> Result<(), CliError> {
        if self.tlog_upload == Some(true) {
            return Err(refusal("--tlog-upload=true", NO_LOG));
        }
        if self.use_signing_config == Some(true) {
            return Err(refusal("--use-signing-config=true", NO_LOG));
        }
        Ok(())
    }

    /// Refuses to write what only the legacy bundle format would hold.
    pub(crate) fn check_bundle_format(&self, bundle: bool) -> Result<(), CliError> {
        if self.new_bundle_format == Some(false) && bundle {
            let why = "bundles are written in format v0.3 only; for a detached signature give \
                       --output-signature and no --bundle";
            return Err(refusal("--new-bundle-format=false", why));
        }
        Ok(())
    }
}

const NO_LOG: &str = "this version signs without a transparency log; leave the flag out";
const NO_CERTIFICATES: &str =
    "this version verifies with public keys; leave the flag out and give --key";
const NO_SERVICES: &str = "this version neither requests certificates nor timestamps";

/// Refused when signing.
#[derive(Args, Debug)]
pub(crate) struct RefusedSigning {
    #[arg(long, hide = true, value_name = "FILE")]
    certificate: Option<String>,
    #[arg(long, hide = true, value_name = "FILE")]
    certificate_chain: Option<String>,
    #[arg(long, hide = true, value_name = "TOKEN")]
    identity_token: Option<String>,
    #[arg(long, hide = true, value_name = "URL")]
    fulcio_url: Option<String>,
    #[arg(long, hide = true, value_name = "URL")]
    rekor_url: Option<String>,
    #[arg(long, hide = true, value_name = "URL")]
    timestamp_server_url: Option<String>,
    #[arg(long, hide = true, value_name = "FILE")]
    rfc3161_timestamp: Option<String>,
    #[arg(long, hide = true, value_name = "FILE")]
    signing_config: Option<String>,
    #[arg(long, hide = true, value_name = "FILE")]
    trusted_root: Option<String>,
    #[arg(long, hide = true)]
    issue_certificate: bool,
    #[arg(long, hide = true, value_name = "FILE")]
    output_certificate: Option<String>,
}

impl RefusedSigning {
    pub(crate) fn check(&self) -> Result<(), CliError> {
        let given = [
            ("--certificate", self.certificate.is_some(), NO_SERVICES),
            (
                "--certificate-chain",
                self.certificate_chain.is_some(),
                NO_SERVICES,
            ),
            (
                "--identity-token",
                self.identity_token.is_some(),
                NO_SERVICES,
            ),
            ("--fulcio-url", self.fulcio_url.is_some(), NO_SERVICES),
            ("--rekor-url", self.rekor_url.is_some(), NO_LOG),
            (
                "--timestamp-server-url",
                self.timestamp_server_url.is_some(),
                NO_SERVICES,
            ),
            (
                "--rfc3161-timestamp",
                self.rfc3161_timestamp.is_some(),
                NO_SERVICES,
            ),
            ("--signing-config", self.signing_config.is_some(), NO_LOG),
            ("--trusted-root", self.trusted_root.is_some(), NO_LOG),
            ("--issue-certificate", self.issue_certificate, NO_SERVICES),
            (
                "--output-certificate",
                self.output_certificate.is_some(),
                NO_SERVICES,
            ),
        ];
        refuse_first(&given)
    }
}

/// Refused when verifying: each narrows what is trusted.
#[derive(Args, Debug)]
pub(crate) struct RefusedVerifying {
    #[arg(long, hide = true, value_name = "FILE")]
    trusted_root: Option<String>,
    #[arg(long, hide = true)]
    use_signed_timestamps: bool,
    #[arg(long, hide = true, value_name = "FILE")]
    timestamp_certificate_chain: Option<String>,
    #[arg(long, hide = true, value_name = "FILE")]
    rfc3161_timestamp: Option<String>,
    #[arg(long, hide = true, value_name = "URL")]
    rekor_url: Option<String>,
    #[arg(long, hide = true, value_name = "FILE")]
    certificate: Option<String>,
    #[arg(long, hide = true, value_name = "FILE")]
    certificate_chain: Option<String>,
    #[arg(long, hide = true, value_name = "FILE")]
    ca_roots: Option<String>,
    #[arg(long, hide = true, value_name = "ID")]
    certificate_identity: Option<String>,
    #[arg(long, hide = true, value_name = "RE")]
    certificate_identity_regexp: Option<String>,
    #[arg(long, hide = true, value_name = "URL")]
    certificate_oidc_issuer: Option<String>,
    #[arg(long, hide = true, value_name = "RE")]
    certificate_oidc_issuer_regexp: Option<String>,
    #[arg(long, hide = true, value_name = "FILE")]
    sct: Option<String>,
}

impl RefusedVerifying {
    pub(crate) fn check(&self) -> Result<(), CliError> {
        const NO_ROOT: &str = "this version does not check log entries or timestamps, so it must \
                               not claim to: leave the flag out, they are reported as notChecked";
        let issuer = self.certificate_oidc_issuer.is_some();
        let given = [
            ("--trusted-root", self.trusted_root.is_some(), NO_ROOT),
            (
                "--use-signed-timestamps",
                self.use_signed_timestamps,
                NO_ROOT,
            ),
            (
                "--timestamp-certificate-chain",
                self.timestamp_certificate_chain.is_some(),
                NO_ROOT,
            ),
            (
                "--rfc3161-timestamp",
                self.rfc3161_timestamp.is_some(),
                NO_ROOT,
            ),
            ("--rekor-url", self.rekor_url.is_some(), NO_ROOT),
            ("--certificate", self.certificate.is_some(), NO_CERTIFICATES),
            (
                "--certificate-chain",
                self.certificate_chain.is_some(),
                NO_CERTIFICATES,
            ),
            ("--ca-roots", self.ca_roots.is_some(), NO_CERTIFICATES),
            (
                "--certificate-identity",
                self.certificate_identity.is_some(),
                NO_CERTIFICATES,
            ),
            (
                "--certificate-identity-regexp",
                self.certificate_identity_regexp.is_some(),
                NO_CERTIFICATES,
            ),
            ("--certificate-oidc-issuer", issuer, NO_CERTIFICATES),
            (
                "--certificate-oidc-issuer-regexp",
                self.certificate_oidc_issuer_regexp.is_some(),
                NO_CERTIFICATES,
            ),
            ("--sct", self.sct.is_some(), NO_CERTIFICATES),
        ];
        refuse_first(&given)
    }
}

fn refuse_first(given: &[(&str, bool, &str)]) -> Result<(), CliError> {
    match given.iter().find(|(_, is_given, _)| *is_given) {
        Some((flag, _, why)) => Err(refusal(flag, why)),
        None => Ok(()),
    }
}

fn refusal(flag: &str, why: &str) -> CliError {
    CliError::usage(format!("{flag} is not supported")).hint(why)
}
