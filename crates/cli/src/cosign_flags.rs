//! Flags of cosign's that have no work to do here.
//!
//! A flag whose absence changes nothing is accepted, so that scripts written for cosign run
//! unchanged. One whose absence would change the meaning is refused with a hint, never ignored.
//! [`tables`] has the flags of each verb.

mod tables;

use std::ffi::OsString;
use std::marker::PhantomData;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, value_parser};

use crate::error::CliError;
use crate::switches;

pub(crate) use tables::{
    AttachingAttestation, AttachingSignature, Attesting, AttestingBlob, InRegistry, Signing,
    SigningImage, Table, Tree, VerifyingBlob, VerifyingImage,
};

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
    /// One of these words, which do not matter here; another is refused for this reason.
    Word(&'static [&'static str], &'static str),
    /// A value that would matter: refused for this reason.
    Refused(&'static str),
}

use Kind::{Either, Is, Number, Refused, Word};

/// What was given for a flag.
#[derive(Debug)]
enum State {
    Switch(bool),
    Text(String),
    Value,
}

/// The flags of a table that were given.
#[derive(Debug)]
pub(crate) struct CosignFlags<T> {
    given: Vec<(&'static Flag, State)>,
    table: PhantomData<T>,
}

fn flags<T: Table>() -> impl Iterator<Item = &'static Flag> {
    T::GROUPS.iter().copied().flatten()
}

impl<T: Table> Args for CosignFlags<T> {
    fn augment_args(command: Command) -> Command {
        command.args(flags::<T>().map(Flag::spell))
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
            Word(..) => arg.value_name("WORD"),
            // Whatever is given, the reason is what is told.
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

    fn given(&'static self, matches: &ArgMatches) -> Option<(&'static Self, State)> {
        matches.value_source(self.name)?;
        let state = match self.kind {
            Either | Is(..) => State::Switch(*matches.get_one::<bool>(self.name)?),
            Word(..) => State::Text(matches.get_one::<String>(self.name)?.clone()),
            Number | Refused(_) => State::Value,
        };
        Some((self, state))
    }

    fn check(&self, state: &State) -> Result<(), CliError> {
        let name = self.name;
        match (self.kind, state) {
            (Refused(why), _) => Err(refusal(&format!("--{name}"), why)),
            (Is(wanted, why), State::Switch(state)) if *state != wanted => {
                Err(refusal(&format!("--{name}={state}"), why))
            }
            (Word(known, why), State::Text(text)) if !known.contains(&text.as_str()) => {
                Err(refusal(&format!("--{name} {text}"), why))
            }
            _ => Ok(()),
        }
    }
}

impl<T: Table> FromArgMatches for CosignFlags<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self {
            given: flags::<T>()
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
            .try_for_each(|(flag, state)| flag.check(state))
    }

    /// How a flag that is on or off was given.
    pub(crate) fn switch(&self, name: &str) -> Option<bool> {
        self.given.iter().find_map(|(flag, state)| match state {
            State::Switch(state) if flag.name == name => Some(*state),
            _ => None,
        })
    }
}

impl CosignFlags<Signing> {
    /// Refuses to write a bundle where only the legacy format is wanted.
    pub(crate) fn check_bundle_format(&self, writes_bundle: bool) -> Result<(), CliError> {
        if self.switch("new-bundle-format") == Some(false) && writes_bundle {
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
