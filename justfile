# Short names for what contributors run. `just` alone lists them.

_list:
    @just --list --unsorted

# All that must hold for a change to land
[group('all')]
ci:
    .ci/run

# Install what is missing and run the tests; arguments go to nextest
[group('test')]
test *ARGS:
    sh tests/run.sh {{ARGS}}

# Build the programs that the tests check touchmark against
[group('test')]
peers NAME='all':
    tests/peers/build.sh {{NAME}}

# Run the benchmarks
[group('test')]
bench *ARGS:
    cargo bench --workspace --locked {{ARGS}}

# Fuzz one target for a minute (needs cargo-fuzz and a nightly Rust)
[group('test')]
fuzz TARGET SECONDS='60':
    # What libFuzzer finds stays out of the committed corpus, whose names are verdicts.
    mkdir -p target/fuzz-corpus/{{TARGET}}
    cargo +nightly fuzz build --dev --fuzz-dir crates/fuzz --features libfuzzer --target-dir target/fuzz
    target/fuzz/*/debug/{{TARGET}} -max_total_time={{SECONDS}} -artifact_prefix=target/fuzz-corpus/ target/fuzz-corpus/{{TARGET}} crates/fuzz/corpus/{{TARGET}}

# Format the code
[group('lint')]
fmt:
    cargo fmt --all

# Clippy, warnings as errors
[group('lint')]
lint:
    cargo clippy --workspace --all-targets --locked -- -D warnings

# Licenses, sources and bans of the dependencies
[group('lint')]
deny:
    cargo deny --locked check --hide-inclusion-graph bans licenses sources

# The API documentation, warnings as errors
[group('lint')]
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --locked --no-deps
