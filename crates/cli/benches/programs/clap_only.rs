//! The least that a command line with clap costs to start: what `--version` is compared with.

use clap::Parser;

/// Two flags, as a small tool has them.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// The key
    #[arg(long)]
    key: Option<String>,

    /// The files
    files: Vec<String>,
}

fn main() {
    let Arguments { key, files } = Arguments::parse();
    println!("{key:?} {files:?}");
}
