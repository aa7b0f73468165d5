#!/bin/sh
# Shows touchmark at work: builds it, then signs and verifies files in a scratch
# folder, with a key in a file and, where SoftHSM is installed, with a key in an
# HSM. Each command is printed before it runs, and stays as an example.
#
#     sh docs/tour.sh
#
# Needs Rust, and a C compiler for the cryptography library: as root on Debian a
# missing one is installed, otherwise the tour says what to ask for.
#
# TOUCHMARK=/path/to/touchmark shows that program instead of building one.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
PATH="$PATH:${CARGO_HOME:-${HOME:-/root}/.cargo}/bin"

say() { printf '\n# %s\n' "$*"; }
fail() { printf 'tour: %s\n' "$*" >&2; exit 1; }

# Prints a command as one could type it, and runs it.
run() {
    printf '$'
    for word; do
        case $word in
            *[!A-Za-z0-9_./:=,@%+-]*) printf " '%s'" "$word" ;;
            *) printf ' %s' "$word" ;;
        esac
    done
    printf '\n'
    "$@"
}

# Runs a command that must fail, and prints its exit code.
refused() {
    code=0
    run "$@" || code=$?
    [ "$code" -ne 0 ] || fail "that should have been refused"
    echo "exit code $code"
}

install_compiler() {
    command -v cc >/dev/null && return
    packages="gcc libc6-dev"
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null ||
        fail "there is no C compiler; ask an administrator for: apt-get install $packages"
    say "There is no C compiler: installing $packages"
    # shellcheck disable=SC2086 # the list is words
    apt-get update -qq && apt-get install -y -qq --no-install-recommends $packages
}

# An unoptimised build: sooner done than a release build, fast enough to try, and
# the tests (sh tests/run.sh) use most of what it compiled again.
build() {
    command -v cargo >/dev/null ||
        fail "there is no cargo; install Rust $(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$root/Cargo.toml") or newer, from https://rustup.rs"
    install_compiler
    say "Building touchmark (some minutes the first time)"
    (cd "$root" && cargo build --quiet --locked --package touchmark)
    TOUCHMARK=${CARGO_TARGET_DIR:-$root/target}/debug/touchmark
}

# cosign on PATH, else the one that the tests build; nothing where there is none.
find_cosign() {
    peers=${TOUCHMARK_PEERS:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/touchmark-peers}
    command -v cosign || { [ ! -x "$peers/cosign-3/cosign" ] || echo "$peers/cosign-3/cosign"; }
}

with_cosign() { # PUBLIC-KEY FILE
    if [ -n "$cosign" ]; then
        run cosign verify-blob --key "$1" --insecure-ignore-tlog --bundle "$2.sigstore.json" "$2"
    else
        echo "(cosign is not installed here, so it is not shown; the tests build it)"
    fi
}

file_key() {
    say "A key pair in files. The private key is encrypted with a password."
    printf '%s\n' "\$ export COSIGN_PASSWORD=tour"
    export COSIGN_PASSWORD=tour
    run touchmark generate-key-pair
    printf 'the program\n' >app.tar.gz
    printf 'its manual\n' >manual.pdf

    say "Sign two files. Beside each, a Sigstore bundle is written."
    run touchmark sign-blob --key cosign.key app.tar.gz manual.pdf

    say "Verify them with the public key."
    run touchmark verify-blob --key cosign.pub app.tar.gz manual.pdf

    say "An unmodified cosign verifies them too."
    with_cosign cosign.pub app.tar.gz

    say "Another file with the same bundle is refused."
    refused touchmark verify-blob --key cosign.pub --bundle app.tar.gz.sigstore.json manual.pdf

    say "What was made:"
    run ls
    run cat app.tar.gz.sigstore.json
    echo
}

hsm_key() {
    if ! command -v softhsm2-util >/dev/null; then
        say "SoftHSM is not installed, so the tour ends before the HSM key."
        echo "To see it: apt-get install softhsm2 (as root), and run the tour again."
        return
    fi
    say "A token in SoftHSM, in this folder, and its PIN for this shell."
    printf '%s\n' "\$ eval \"\$(softhsm/init.sh hsm release 1234)\""
    settings=$(sh "$root/softhsm/init.sh" "$scratch/hsm" release 1234)
    eval "$settings"
    printf '%s\n' "\$ export TOUCHMARK_PIN=1234"
    export TOUCHMARK_PIN=1234

    key='pkcs11:token=release;object=2026'
    say "Make a key in the token: it cannot be copied out."
    run touchmark key generate "$key"
    run touchmark key show "$key"

    say "Sign with it, and verify with its public half."
    run touchmark public-key --key "$key" --outfile hsm.pub
    run touchmark sign-blob --key "$key" app.tar.gz
    run touchmark verify-blob --key hsm.pub app.tar.gz
    with_cosign hsm.pub app.tar.gz
}

case ${TOUCHMARK:-} in
    "") build ;;
    *) [ -x "$TOUCHMARK" ] || fail "TOUCHMARK=$TOUCHMARK is no program" ;;
esac
scratch=$(mktemp -d "${TMPDIR:-/tmp}/touchmark-tour.XXXXXX")
cd "$scratch"
# Under the names that are shown, whatever the programs' files are called.
mkdir bin
ln -s "$TOUCHMARK" bin/touchmark
cosign=$(find_cosign)
[ -z "$cosign" ] || ln -s "$cosign" bin/cosign
PATH="$scratch/bin:$PATH"
# The machine's own settings do not belong into a demonstration.
unset TOUCHMARK_PIN TOUCHMARK_PKCS11_MODULE TOUCHMARK_CONFIG COSIGN_PKCS11_MODULE_PATH
say "Working in $scratch"
run touchmark --version
file_key
hsm_key
say "Everything is in $scratch. When you have seen enough: rm -r $scratch"
