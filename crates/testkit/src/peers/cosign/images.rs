//! cosign's verbs for images and attestations.

use std::ffi::OsStr;
use std::path::Path;

use super::Cosign;
use crate::program::{Output, Program};
use crate::registry::Registry;

/// How a signature or attestation is stored in a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A layer under the tag `sha256-HEX.sig` or `sha256-HEX.att`.
    Tag,
    /// A Sigstore bundle that refers to the image.
    Bundle,
}

impl Form {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Tag, Self::Bundle];

    fn flag(self) -> &'static str {
        match self {
            Self::Tag => "--new-bundle-format=false",
            Self::Bundle => "--new-bundle-format=true",
        }
    }
}

impl Cosign {
    /// Lets all runs into a registry: its authority and its user.
    #[must_use]
    pub fn registry(self, registry: &Registry) -> Self {
        let env = registry.env().into_iter();
        env.fold(self, |cosign, (name, value)| cosign.env(name, value))
    }

    /// `sign` without any log or timestamp. `key` is a path or a key reference.
    #[must_use]
    pub fn sign(&self, dir: &Path, key: &str, image: &str, form: Form, flags: &[&str]) -> Output {
        self.signing(dir, "sign", key, form)
            .args(flags)
            .arg(image)
            .run()
    }

    /// `attest` without any log or timestamp; `kind` is cosign's `--type`.
    #[must_use]
    pub fn attest(
        &self,
        dir: &Path,
        key: &str,
        image: &str,
        form: Form,
        (kind, predicate): (&str, impl AsRef<OsStr>),
        flags: &[&str],
    ) -> Output {
        self.signing(dir, "attest", key, form)
            .args(["--type", kind, "--predicate"])
            .arg(predicate)
            .args(flags)
            .arg(image)
            .run()
    }

    /// `verify` with a public key and no log: whichever form cosign finds.
    #[must_use]
    pub fn verify(&self, dir: &Path, key: &str, image: &str, flags: &[&str]) -> Output {
        self.verifying(dir, "verify", key)
            .args(flags)
            .arg(image)
            .run()
    }

    /// `verify` of one form only.
    #[must_use]
    pub fn verify_form(&self, dir: &Path, key: &str, image: &str, form: Form) -> Output {
        self.verify(dir, key, image, &[form.flag()])
    }

    /// `verify-attestation` with a public key, a type and no log: whichever form cosign finds.
    #[must_use]
    pub fn verify_attestation(
        &self,
        dir: &Path,
        key: &str,
        image: &str,
        kind: &str,
        flags: &[&str],
    ) -> Output {
        self.verifying(dir, "verify-attestation", key)
            .args(["--type", kind])
            .args(flags)
            .arg(image)
            .run()
    }

    /// `verify-attestation` of one form only.
    #[must_use]
    pub fn verify_attestation_form(
        &self,
        dir: &Path,
        key: &str,
        image: &str,
        kind: &str,
        form: Form,
    ) -> Output {
        self.verify_attestation(dir, key, image, kind, &[form.flag()])
    }

    /// `copy`: the image and all that was signed of it.
    #[must_use]
    pub fn copy(&self, dir: &Path, from: &str, to: &str) -> Output {
        self.command(dir, &["copy", from, to]).run()
    }

    /// `save`: the image and all that was signed of it, as an OCI layout.
    #[must_use]
    pub fn save(&self, dir: &Path, image: &str, layout: &Path) -> Output {
        let program = self.command(dir, &["save", image, "--dir"]);
        program.arg(layout).run()
    }

    /// `load`: the reverse.
    #[must_use]
    pub fn load(&self, dir: &Path, layout: &Path, image: &str) -> Output {
        let program = self.command(dir, &["load", image, "--dir"]);
        program.arg(layout).run()
    }

    /// `tree`: what there is for an image, for people.
    #[must_use]
    pub fn tree(&self, dir: &Path, image: &str) -> Output {
        self.command(dir, &["tree", image]).run()
    }

    /// `download signature` or `download attestation`, as lines of JSON.
    #[must_use]
    pub fn download(&self, dir: &Path, what: &str, image: &str) -> Output {
        self.command(dir, &["download", what, image]).run()
    }

    /// `clean`: removes what was signed of an image.
    #[must_use]
    pub fn clean(&self, dir: &Path, image: &str) -> Output {
        self.command(dir, &["clean", "--force", "--type", "all", image])
            .run()
    }

    fn signing(&self, dir: &Path, verb: &str, key: &str, form: Form) -> Program {
        let program = self
            .command(dir, &[verb, "--yes", "--key", key, "--tlog-upload=false"])
            .arg(form.flag());
        match self.major() {
            3 => program.arg("--use-signing-config=false"),
            _ => program,
        }
    }

    fn verifying(&self, dir: &Path, verb: &str, key: &str) -> Program {
        let program = self.command(dir, &[verb, "--key", key, "--insecure-ignore-tlog"]);
        match self.major() {
            3 => program,
            _ => program.arg("--trusted-root").arg(self.trusted_root()),
        }
    }
}
