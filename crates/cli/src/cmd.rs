//! The verbs: one file each, an [`Args`] and what it does.
//!
//! Spelling out every verb's flags costs more than most verbs take to run, so only the verb that
//! was called is spelled out; completions and man pages spell all.

mod attach;
mod attest;
mod attest_blob;
mod clean;
mod completions;
mod copy;
mod doctor;
mod download;
mod generate_key_pair;
mod import_key_pair;
mod key;
mod key_pair_files;
mod load;
mod man;
mod public_key;
mod save;
mod sign;
mod sign_blob;
mod tree;
mod triangulate;
mod verify;
mod verify_attestation;
mod verify_blob;
mod verify_blob_attestation;

use std::ffi::{OsStr, OsString};
use std::future::Future;
use std::pin::Pin;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use touchmark_core::KeyUriError;
use touchmark_core::uri::percent_decode_lossy;

pub(crate) use key::generate::generate_at;

use crate::context::Context;
use crate::env_flags;
use crate::error::CliError;
use crate::globals::{Globals, OutputFormat};
use crate::outcome::Outcome;
use crate::switches;

/// A verb: its flags, and what it does.
pub(crate) trait Verb: Args + Send + Sync + 'static {
    const NAME: &'static str;
    const ABOUT: &'static str;
    /// Commands that work as they stand, for the end of the help.
    const EXAMPLE: &'static str;
    /// How results are written where nothing was asked. With JSON the flag is also `-o`, as
    /// cosign has it.
    const OUTPUT: OutputFormat = OutputFormat::Text;

    /// Whether there is work for one thread only: more cost a short command milliseconds.
    fn is_single(&self) -> bool {
        false
    }

    fn run(self, context: &Context) -> impl Future<Output = Result<Outcome, CliError>>;
}

type Running<'a> = Pin<Box<dyn Future<Output = Result<Outcome, CliError>> + 'a>>;
type Call = fn(&ArgMatches) -> Result<Box<dyn Called>, clap::Error>;

/// A verb with its arguments, ready to run.
pub(crate) trait Called {
    /// See [`Verb::is_single`].
    fn is_single(&self) -> bool;

    fn run(self: Box<Self>, context: &Context) -> Running<'_>;
}

impl<V: Verb> Called for V {
    fn is_single(&self) -> bool {
        Verb::is_single(self)
    }

    fn run(self: Box<Self>, context: &Context) -> Running<'_> {
        Box::pin(Verb::run(*self, context))
    }
}

/// A verb's or a group's place in the command tree.
pub(crate) struct Entry {
    name: &'static str,
    about: &'static str,
    node: Node,
}

enum Node {
    Verb {
        spell: fn() -> Command,
        call: Call,
        output: OutputFormat,
        members: Option<fn() -> Vec<Entry>>,
    },
    Group(fn() -> Vec<Entry>),
}

pub(crate) fn verb<V: Verb>() -> Entry {
    Entry {
        name: V::NAME,
        about: V::ABOUT,
        node: Node::Verb {
            spell: spell::<V>,
            call: call::<V>,
            output: V::OUTPUT,
            members: None,
        },
    }
}

/// A verb that has verbs under it too, as cosign's `attach`.
fn verb_and_group<V: Verb>(members: fn() -> Vec<Entry>) -> Entry {
    let mut entry = verb::<V>();
    if let Node::Verb { members: none, .. } = &mut entry.node {
        *none = Some(members);
    }
    entry
}

fn spell<V: Verb>() -> Command {
    // The example stands last; the doc comment of the arguments is the long description.
    let verb = V::augment_args(Command::new(V::NAME))
        .about(V::ABOUT)
        .after_help(format!("Example:\n{}", V::EXAMPLE));
    match V::OUTPUT {
        OutputFormat::Text => verb,
        // In the place of the flag of all verbs.
        OutputFormat::Json => verb.arg(json_by_default()),
    }
}

fn json_by_default() -> Arg {
    Arg::new("output")
        .short('o')
        .long("output")
        .help("How to write results")
        .help_heading("Global options")
        .value_name("FORMAT")
        .value_parser(clap::builder::EnumValueParser::<OutputFormat>::new())
        .default_value("json")
}

fn call<V: Verb>(matches: &ArgMatches) -> Result<Box<dyn Called>, clap::Error> {
    Ok(Box::new(V::from_arg_matches(matches)?))
}

fn entries() -> Vec<Entry> {
    vec![
        verb::<sign::Sign>(),
        verb::<verify::Verify>(),
        verb::<attest::Attest>(),
        verb::<verify_attestation::VerifyAttestation>(),
        verb::<tree::Tree>(),
        verb::<triangulate::Triangulate>(),
        Entry {
            name: "download",
            about: download::ABOUT,
            node: Node::Group(download::entries),
        },
        verb::<copy::Copy>(),
        verb::<save::Save>(),
        verb::<load::Load>(),
        verb_and_group::<attach::Attach>(attach::entries),
        verb::<clean::Clean>(),
        verb::<sign_blob::SignBlob>(),
        verb::<verify_blob::VerifyBlob>(),
        verb::<attest_blob::AttestBlob>(),
        verb::<verify_blob_attestation::VerifyBlobAttestation>(),
        verb::<generate_key_pair::GenerateKeyPair>(),
        verb::<import_key_pair::ImportKeyPair>(),
        verb::<public_key::PublicKeyVerb>(),
        Entry {
            name: "key",
            about: key::ABOUT,
            node: Node::Group(key::entries),
        },
        verb::<doctor::Doctor>(),
        verb::<completions::Completions>(),
        verb::<man::Man>(),
    ]
}

/// What was called: which verb, with which arguments.
pub(crate) struct Invocation {
    pub(crate) globals: Globals,
    pub(crate) called: Box<dyn Called>,
}

/// Arguments that could not be taken, and how to print that.
pub(crate) struct ParseError {
    pub(crate) source: ParseFailure,
    pub(crate) format: OutputFormat,
}

pub(crate) enum ParseFailure {
    Clap(Box<clap::Error>),
    Cli(Box<CliError>),
}

/// Reads the command line, completed from the environment.
pub(crate) fn parse(mut arguments: Vec<OsString>) -> Result<Invocation, ParseError> {
    let called = called(&arguments);
    let format = wanted_format(&arguments, default_output(&called));
    let clap = |error| ParseError {
        source: ParseFailure::Clap(Box::new(error)),
        format,
    };
    let mut command = if asks_for_version(&arguments) {
        root(Spelled::Nothing)
    } else {
        root(Spelled::Only(&called))
    };
    if let Some(leaf) = called
        .iter()
        .try_fold(&command, |at, name| at.find_subcommand(name))
    {
        let leaf = with_missing_globals(leaf);
        env_flags::expand(&called, &leaf, &mut arguments);
        switches::normalise(&leaf, &mut arguments);
    }
    if arguments.iter().any(|argument| reveals_pin(argument)) {
        // Before clap, which repeats arguments.
        return Err(ParseError {
            source: ParseFailure::Cli(Box::new(KeyUriError::PinValue.into())),
            format,
        });
    }
    let matches = command.try_get_matches_from_mut(arguments).map_err(clap)?;
    let mut entries = entries();
    let mut matches = matches;
    while let Some((name, inner)) = matches.remove_subcommand() {
        let globals = Globals::from_arg_matches(&inner).map_err(clap)?;
        let found = entries
            .into_iter()
            .find(|entry| entry.name == name)
            .map(|entry| entry.node);
        match found {
            Some(Node::Verb {
                members: Some(members),
                ..
            }) if inner.subcommand_name().is_some() => entries = members(),
            Some(Node::Verb { call, .. }) => {
                let called = call(&inner).map_err(clap)?;
                return Ok(Invocation { globals, called });
            }
            Some(Node::Group(members)) => entries = members(),
            None => break,
        }
        matches = inner;
    }
    // Clap requires a verb, so this is not reached; it is an error rather than a panic.
    let none = CliError::usage("no command was given");
    Err(ParseError {
        source: ParseFailure::Cli(Box::new(none)),
        format,
    })
}

/// Whether an argument holds a PIN, as the attribute of a URI in any spelling.
fn reveals_pin(argument: &OsStr) -> bool {
    String::from_utf8_lossy(&percent_decode_lossy(&argument.to_string_lossy()))
        .to_ascii_lowercase()
        .contains("pin-value=")
}

/// The flags of all verbs that take a value, which is no verb.
const WITH_VALUE: [&str; 5] = ["--output", "--pin-file", "--pin-fd", "--timeout", "-t"];

/// The names of the group and verb that were called, as far as they are ours.
fn called(arguments: &[OsString]) -> Vec<&'static str> {
    let mut names = Vec::new();
    let mut candidates = entries();
    let mut words = arguments.iter().skip(1).filter_map(|word| word.to_str());
    while let Some(word) = words.next() {
        if WITH_VALUE.contains(&word) {
            words.next();
        }
        if word.starts_with('-') {
            continue;
        }
        let Some(entry) = candidates.into_iter().find(|entry| entry.name == word) else {
            break;
        };
        names.push(entry.name);
        match entry.node {
            Node::Group(members)
            | Node::Verb {
                members: Some(members),
                ..
            } => candidates = members(),
            Node::Verb { members: None, .. } => break,
        }
    }
    names
}

/// Which verbs get their flags.
#[derive(Clone, Copy)]
enum Spelled<'a> {
    All,
    /// The named one alone; where none is named, all are there without flags, for help and advice.
    /// Clap copies the flags of all verbs to each that is there.
    Only(&'a [&'static str]),
    Nothing,
}

fn asks_for_version(arguments: &[OsString]) -> bool {
    matches!(arguments, [_, flag] if flag == "--version" || flag == "-V")
}

/// The whole command tree, spelled out.
pub(crate) fn full() -> Command {
    root(Spelled::All)
}

fn root(spelled: Spelled<'_>) -> Command {
    let command = Command::new("touchmark")
        .about("Sign software with keys that cannot be copied; everything verifies with cosign")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .disable_help_subcommand(true)
        .after_help("Each command's --help ends with an example.");
    grow(with_globals(&command), entries(), spelled)
}

fn with_globals(command: &Command) -> Command {
    // Adding the flags would add their description too.
    let about = command.get_about().cloned().unwrap_or_default();
    Globals::augment_args(command.clone()).about(about)
}

/// The same, but for flags that a verb has in their place.
fn with_missing_globals(command: &Command) -> Command {
    let globals = Globals::augment_args(Command::new(""));
    let is_missing = |flag: &&Arg| {
        command
            .get_arguments()
            .all(|own| own.get_id() != flag.get_id())
    };
    let missing: Vec<Arg> = globals
        .get_arguments()
        .filter(is_missing)
        .cloned()
        .collect();
    command.clone().args(missing)
}

fn grow(command: Command, entries: Vec<Entry>, spelled: Spelled<'_>) -> Command {
    let stub = |entry: &Entry| Command::new(entry.name).about(entry.about);
    let is_there = |entry: &Entry| match spelled {
        Spelled::All | Spelled::Only([]) => true,
        Spelled::Only([first, ..]) => *first == entry.name,
        Spelled::Nothing => false,
    };
    let there = entries.into_iter().filter(is_there);
    there.fold(command, |command, entry| {
        let inner = match spelled {
            Spelled::All => Some(Spelled::All),
            Spelled::Only([_, rest @ ..]) => Some(Spelled::Only(rest)),
            Spelled::Only([]) | Spelled::Nothing => None,
        };
        let child = match (inner, &entry.node) {
            (None, _) => stub(&entry),
            (
                Some(inner),
                Node::Verb {
                    spell,
                    members: Some(members),
                    ..
                },
            ) => grow(
                spell()
                    .args_conflicts_with_subcommands(true)
                    .subcommand_negates_reqs(true)
                    .disable_help_subcommand(true),
                members(),
                inner,
            ),
            (Some(_), Node::Verb { spell, .. }) => spell(),
            (Some(inner), Node::Group(members)) => grow(
                stub(&entry)
                    .subcommand_required(true)
                    .disable_help_subcommand(true),
                members(),
                inner,
            ),
        };
        command.subcommand(child)
    })
}

/// How the called verb writes results where nothing was asked.
fn default_output(called: &[&'static str]) -> OutputFormat {
    let mut candidates = entries();
    for name in called {
        match candidates.into_iter().find(|entry| entry.name == *name) {
            Some(Entry {
                node: Node::Verb { output, .. },
                ..
            }) => return output,
            Some(Entry {
                node: Node::Group(members),
                ..
            }) => candidates = members(),
            None => break,
        }
    }
    OutputFormat::Text
}

/// The output format, for errors that come before the arguments are understood.
fn wanted_format(arguments: &[OsString], default: OutputFormat) -> OutputFormat {
    let words: Vec<&str> = arguments.iter().filter_map(|word| word.to_str()).collect();
    let is_flag = |word: &str| word == "--output" || default == OutputFormat::Json && word == "-o";
    let separate = words.windows(2).filter(|pair| is_flag(pair[0]));
    let joined = words
        .iter()
        .filter_map(|word| word.strip_prefix("--output="));
    let given = separate.map(|pair| pair[1]).chain(joined).last();
    let variable = || std::env::var("TOUCHMARK_OUTPUT").ok();
    match given.map(str::to_owned).or_else(variable).as_deref() {
        Some("json") => OutputFormat::Json,
        Some("text") => OutputFormat::Text,
        _ => default,
    }
}
