#!/bin/sh
# The cargo target runner (.cargo/config.toml): gives each test process its own
# tokens. cargo and nextest call it as `run.sh PROGRAM ARGUMENT…`.
#
# A test or benchmark (a program in target/*/deps) gets a fresh directory with an
# empty SoftHSM and an empty kryoptic configuration, named by SOFTHSM2_CONF and
# KRYOPTIC_CONF, whatever these were set to: tests must never reach a person's
# tokens. FAULTY_PKCS11_PLAN names the place for the plan of crates/faulty-pkcs11,
# and XDG_RUNTIME_DIR is the directory, so that no test waits for another's locks.
# The directory goes when the last process that was started with it ends.
#
# Everything else runs untouched: `cargo run`, nextest's listing of tests, and
# all programs where TOUCHMARK_KEEP_TOKENS is set, which keeps the caller's own
# configuration (to look at what a test left behind).
#
# nextest starts one process per test, so each test has its own tokens. Under
# plain `cargo test` the tests of one file share them.
set -eu

case ${TOUCHMARK_KEEP_TOKENS:+keep}:$1:${2-} in
    keep:* | *:--list) exec "$@" ;;
    :*/deps/*) ;;
    *) exec "$@" ;;
esac

softhsm=${0%/*}
. "$softhsm/conf.sh"
dir=$(mktemp -d "${TMPDIR:-/tmp}/touchmark.XXXXXX")
mkdir "$dir/tokens"
mkfifo "$dir/alive"
softhsm_conf "$dir"
: >"$dir/kryoptic.conf"
export SOFTHSM2_CONF="$dir/softhsm2.conf" KRYOPTIC_CONF="$dir/kryoptic.conf"
export FAULTY_PKCS11_PLAN="$dir/faulty.json" XDG_RUNTIME_DIR="$dir"

# The program takes this shell's place, so signals and its exit status need no
# forwarding. Who cleans up then? A process that reads from a pipe whose other
# end the program and its children hold: it wakes when the last of them is gone,
# however they died.
(
    trap '' HUP INT TERM
    read -r _ <"$dir/alive" || :
    rm -rf "$dir"
) </dev/null >/dev/null 2>&1 &
exec 9>"$dir/alive"
exec "$@"
