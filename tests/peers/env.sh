# shellcheck shell=sh
# Sourced by the test scripts, so that all agree on where things are.
#
# TOUCHMARK_PEERS: where the programs that the tests check touchmark against
# are built and kept. Outside the work tree, so that a new clone reuses them.
TOUCHMARK_PEERS="${TOUCHMARK_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/touchmark-peers}"
# After the caller's own PATH, so that tools found there win: the usual homes of
# Go and Rust, and the cargo tools that tests/install.sh builds.
PATH="$PATH:$HOME/.cargo/bin:/usr/local/go/bin:$TOUCHMARK_PEERS/tools/bin"
export TOUCHMARK_PEERS PATH
