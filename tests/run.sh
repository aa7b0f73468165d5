#!/bin/sh
# Installs what is missing and runs all tests. Arguments go to `cargo nextest
# run`; with any, the documentation's examples are left out, since nextest's
# filters mean nothing to them.
set -eu

cd "$(dirname "$0")/.."
. tests/peers/env.sh

sh tests/install.sh
# First, so that nextest's summary is what the run ends with.
[ $# -gt 0 ] || cargo test --doc --workspace --locked
exec cargo nextest run --workspace --locked "$@"
