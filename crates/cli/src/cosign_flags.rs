//! Flags of cosign's that have no work to do here.
//!
//! A flag whose absence changes nothing is accepted, so that scripts written for cosign run
//! unchanged. One whose absence would change the meaning is refused with a hint, never ignored.

use std::ffi::OsString;
use std::marker::PhantomData;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, value_parser};

use crate::error::CliError;
use crate::switches;

/// One of cosign's flags, and what becomes of it.
#[derive(Debug)]
pub(crate) struct Flag {
    name: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    /// On or off, and neither matters here.
    Either,
    /// On or off: the named state is the case anyway, the other is refused for this reason.
    Is(bool, &'static str),
    /// A number that does not matter here.
    Number,
    /// A value that would matter: refused for this reason.
    Refused(&'static str),
}

use Kind::{Either, Is, Number, Refused};

const NO_LOG: &str = "this version signs without a transparency log; leave the flag out";
const NO_SERVICES: &str = "this version neither requests certificates nor timestamps";
const NO_CERTIFICATES: &str =
    "this version verifies with public keys; leave the flag out and give --key";
const NO_ROOT: &str = "this version does not check log entries or timestamps, so it must not claim \
                       to: leave the flag out, they are reported as notChecked";
const FROM_KEY: &str = "the algorithm follows from the key; leave the flag out";

const fn flag(name: &'static str, kind: Kind) -> Flag {
    Flag { name, kind }
}

/// Of `sign-blob`, cosign 2's and 3's.
const SIGNING: &[Flag] = &[
    flag("yes", Either),
    flag("offline", Either),
    flag("max-workers", Number),
    flag("insecure-ignore-tlog", Either),
    flag("insecure-skip-verify", Either),
    flag("new-bundle-format", Either),
    flag("oidc-disable-ambient-providers", Either),
    flag("tlog-upload", Is(false, NO_LOG)),
    flag("use-signing-config", Is(false, NO_LOG)),
    flag("issue-certificate", Is(false, NO_SERVICES)),
    flag("rekor-url", Refused(NO_LOG)),
    flag("signing-config", Refused(NO_LOG)),
    flag("trusted-root", Refused(NO_LOG)),
    flag("signing-algorithm", Refused(FROM_KEY)),
    flag("certificate", Refused(NO_SERVICES)),
    flag("certificate-chain", Refused(NO_SERVICES)),
    flag("output-certificate", Refused(NO_SERVICES)),
    flag("identity-token", Refused(NO_SERVICES)),
    flag("fulcio-auth-flow", Refused(NO_SERVICES)),
    flag("fulcio-url", Refused(NO_SERVICES)),
    flag("oidc-client-id", Refused(NO_SERVICES)),
    flag("oidc-client-secret-file", Refused(NO_SERVICES)),
    flag("oidc-issuer", Refused(NO_SERVICES)),
    flag("oidc-provider", Refused(NO_SERVICES)),
    flag("oidc-redirect-url", Refused(NO_SERVICES)),
    flag("rfc3161-timestamp", Refused(NO_SERVICES)),
    flag("timestamp-client-cacert", Refused(NO_SERVICES)),
    flag("timestamp-client-cert", Refused(NO_SERVICES)),
    flag("timestamp-client-key", Refused(NO_SERVICES)),
    flag("timestamp-server-name", Refused(NO_SERVICES)),
    flag("timestamp-server-url", Refused(NO_SERVICES)),
];

/// Of `verify-blob`, cosign 2's and 3's. What is refused narrows what is trusted.
const VERIFYING: &[Flag] = &[
    flag("yes", Either),
    flag("offline", Either),
    flag("max-workers", Number),
    flag("experimental-oci11", Either),
    flag("insecure-ignore-sct", Either),
    flag("new-bundle-format", Either),
    flag("tlog-upload", Is(false, NO_LOG)),
    flag("use-signing-config", Is(false, NO_LOG)),
    flag("insecure-ignore-tlog", Is(true, NO_ROOT)),
    flag("private-infrastructure", Is(true, NO_ROOT)),
    flag("use-signed-timestamps", Is(false, NO_ROOT)),
    flag("trusted-root", Refused(NO_ROOT)),
    flag("rekor-url", Refused(NO_ROOT)),
    flag("rfc3161-timestamp", Refused(NO_ROOT)),
    flag("timestamp-certificate-chain", Refused(NO_ROOT)),
    flag("ca-intermediates", Refused(NO_CERTIFICATES)),
    flag("ca-roots", Refused(NO_CERTIFICATES)),
    flag("certificate", Refused(NO_CERTIFICATES)),
    flag("certificate-chain", Refused(NO_CERTIFICATES)),
    flag("certificate-github-workflow-name", Refused(NO_CERTIFICATES)),
    flag("certificate-github-workflow-ref", Refused(NO_CERTIFICATES)),
    flag(
        "certificate-github-workflow-repository",
        Refused(NO_CERTIFICATES),
    ),
    flag("certificate-github-workflow-sha", Refused(NO_CERTIFICATES)),
    flag(
        "certificate-github-workflow-trigger",
        Refused(NO_CERTIFICATES),
    ),
    flag("certificate-identity", Refused(NO_CERTIFICATES)),
    flag("certificate-identity-regexp", Refused(NO_CERTIFICATES)),
    flag("certificate-oidc-issuer", Refused(NO_CERTIFICATES)),
    flag("certificate-oidc-issuer-regexp", Refused(NO_CERTIFICATES)),
    flag("sct", Refused(NO_CERTIFICATES)),
];

/// Which verb's flags.
pub(crate) trait Table {
    const FLAGS: &'static [Flag];
}

/// Those of `sign-blob`.
#[derive(Debug)]
pub(crate) struct Signing;

/// Those of `verify-blob`.
#[derive(Debug)]
pub(crate) struct Verifying;

impl Table for Signing {
    const FLAGS: &'static [Flag] = SIGNING;
}

impl Table for Verifying {
    const FLAGS: &'static [Flag] = VERIFYING;
}

/// The flags of a table that were given, each with its state where it is on or off.
#[derive(Debug)]
pub(crate) struct CosignFlags<T> {
    given: Vec<(&'static Flag, Option<bool>)>,
    table: PhantomData<T>,
}

impl<T: Table> Args for CosignFlags<T> {
    fn augment_args(command: Command) -> Command {
        command.args(T::FLAGS.iter().map(Flag::spell))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl Flag {
    fn spell(&self) -> Arg {
        let arg = Arg::new(self.name).long(self.name).hide(true);
        let arg = match self.kind {
            Either | Is(..) => switches::spell(arg),
            Number => arg.value_name("N").value_parser(value_parser!(u32)),
            Refused(_) => arg
                .value_name("VALUE")
                .action(ArgAction::Append)
                .value_parser(value_parser!(OsString)),
        };
        match self.name {
            "yes" => arg.short('y'),
            _ => arg,
        }
    }

    fn given(&'static self, matches: &ArgMatches) -> Option<(&'static Self, Option<bool>)> {
        let is_given = matches.value_source(self.name).is_some();
        let state = match self.kind {
            Either | Is(..) => matches.get_one::<bool>(self.name).copied(),
            Number | Refused(_) => None,
        };
        is_given.then_some((self, state))
    }
}

impl<T: Table> FromArgMatches for CosignFlags<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self {
            given: T::FLAGS
                .iter()
                .filter_map(|flag| flag.given(matches))
                .collect(),
            table: PhantomData,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl<T> CosignFlags<T> {
    /// Refuses what asks for something that is not done here.
    pub(crate) fn check(&self) -> Result<(), CliError> {
        self.given
            .iter()
            .find_map(|(flag, state)| match (flag.kind, state) {
                (Refused(why), _) => Some(refusal(&format!("--{}", flag.name), why)),
                (Is(wanted, why), Some(state)) if *state != wanted => {
                    Some(refusal(&format!("--{}={state}", flag.name), why))
                }
                _ => None,
            })
            .map_or(Ok(()), Err)
    }
}

impl CosignFlags<Signing> {
    /// Refuses to write a bundle where only the legacy format is wanted.
    pub(crate) fn check_bundle_format(&self, writes_bundle: bool) -> Result<(), CliError> {
        let is_legacy = self
            .given
            .iter()
            .any(|(flag, state)| flag.name == "new-bundle-format" && *state == Some(false));
        if is_legacy && writes_bundle {
            let why = "bundles are written in format v0.3 only; for a detached signature give \
                       --output-signature and no --bundle";
            return Err(refusal("--new-bundle-format=false", why));
        }
        Ok(())
    }
}

/// A flag that is known, and why it is not taken.
pub(crate) fn refusal(flag: &str, why: &str) -> CliError {
    CliError::usage(format!("{flag} is not supported")).hint(why)
}
