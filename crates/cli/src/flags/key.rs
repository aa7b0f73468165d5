//! `--key`, and cosign's `--sk` and `--slot`.

use clap::Args;

use crate::error::CliError;

/// The signing key, or the one that verifies.
#[derive(Args, Debug)]
pub(crate) struct KeyFlags {
    /// The key: a path, env://VAR, a URI such as pkcs11:…, or a configured name
    #[arg(long, value_name = "REF")]
    pub(crate) key: Option<String>,

    /// Use the YubiKey's slot, as cosign has it
    #[arg(long, hide = true)]
    pub(crate) sk: bool,

    /// The YubiKey's slot for --sk
    #[arg(long, hide = true, value_name = "SLOT")]
    pub(crate) slot: Option<String>,
}

impl KeyFlags {
    /// The key's reference.
    pub(crate) fn reference(&self) -> Result<String, CliError> {
        reference(self.key.as_deref(), self.sk, self.slot.as_deref())
    }
}

/// The key that `--key`, or cosign's `--sk` and `--slot`, name.
pub(crate) fn reference(
    key: Option<&str>,
    sk: bool,
    slot: Option<&str>,
) -> Result<String, CliError> {
    match (key, sk) {
        (Some(_), true) => Err(CliError::usage("--key and --sk name two keys").hint("give one")),
        (Some(key), false) => Ok(key.to_owned()),
        (None, true) => Ok(match slot.unwrap_or("signature") {
            "authentication" => "yubikey:slot-id=9a".into(),
            "signature" => "yubikey:slot-id=9c".into(),
            "card-authentication" => "yubikey:slot-id=9e".into(),
            "key-management" => "yubikey:slot-id=9d".into(),
            slot => format!("yubikey:slot-id={slot}"),
        }),
        (None, false) => Err(CliError::usage("no key was given").hint(
            "give --key with a path, env://VAR, a URI such as pkcs11:…, or a configured name",
        )),
    }
}
