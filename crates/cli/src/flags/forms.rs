//! `--signature-format`: in which of cosign's forms claims are written.

use clap::{ArgAction, Args, ValueEnum};

use crate::error::CliError;
use crate::image::claims::Forms;
use crate::switches;

/// In which form signatures and attestations are written.
#[derive(Args, Debug)]
pub(crate) struct FormFlags {
    /// In which form it is written
    #[arg(long, value_enum, value_name = "FORM", default_value = "both")]
    signature_format: Format,

    /// cosign's way to say it: false is the legacy form only
    #[arg(long, hide = true, action = ArgAction::Set, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL", value_parser = switches::parse)]
    new_bundle_format: Option<bool>,
}

/// `--signature-format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    // The two others.
    Both,
    // Sigstore bundles as referrers: cosign 3.
    Bundle,
    // Layers of the `.sig` and `.att` tags: cosign 1 and 2, containers/image.
    Legacy,
}

impl FormFlags {
    pub(crate) fn forms(&self) -> Result<Forms, CliError> {
        let format = match (self.signature_format, self.new_bundle_format) {
            (Format::Bundle, Some(false)) => {
                return Err(CliError::usage(
                    "--signature-format bundle and --new-bundle-format=false exclude each other",
                )
                .hint("give one of the two"));
            }
            (_, Some(false)) => Format::Legacy,
            (format, _) => format,
        };
        Ok(Forms {
            legacy: format != Format::Bundle,
            bundle: format != Format::Legacy,
        })
    }
}
