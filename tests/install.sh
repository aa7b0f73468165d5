#!/bin/sh
# Brings what the tests need onto a Debian 12: system packages (as root), cargo
# tools, and the real programs that signatures are checked with. Says what it
# does on stderr; when all is there it only looks, in under two seconds.
# `tests/install.sh lints` brings what .ci/run needs besides.
# Rust itself is expected, at the rust-version of Cargo.toml or newer.
set -eu

cd "$(dirname "$0")/.."
. tests/peers/env.sh

NEXTEST=0.9.151
DENY=0.20.2

# Kept in one list so that one apt-get call, or one sentence to an
# administrator, names everything.
packages="
    ca-certificates git gcc libc6-dev make perl pkg-config
    libclang-dev
    softhsm2 opensc gnutls-bin openssl
    python3-venv
    strace
"
# libclang-dev, make, perl: kryoptic generates bindings to the OpenSSL it builds.
# softhsm2, opensc, gnutls-bin: a PKCS#11 token, and two foreign tools that read it.
# python3-venv: brings Go where there is none (tests/peers/go.txt).
# strace: shows which files and system calls a signature took.

say() { echo "install: $*" >&2; }
fail() { say "$*"; exit 1; }

missing_packages() {
    # shellcheck disable=SC2086 # the list is words
    dpkg-query -W -f '${db:Status-Status} ${Package}\n' $packages 2>/dev/null |
        sed -n 's/^installed //p' | LC_ALL=C sort >"$have"
    # shellcheck disable=SC2086
    printf '%s\n' $packages | LC_ALL=C sort | LC_ALL=C comm -23 - "$have" | tr '\n' ' '
}

install_packages() {
    command -v dpkg-query >/dev/null || fail "this is no Debian; install by hand:$packages"
    have=$(mktemp)
    missing=$(missing_packages)
    rm "$have"
    [ -z "$missing" ] && return 0
    [ "$(id -u)" = 0 ] || fail "ask an administrator for: apt-get install --no-install-recommends $missing"
    say "apt-get install $missing"
    export DEBIAN_FRONTEND=noninteractive
    # Waits for another apt-get instead of failing on its lock.
    apt-get -o DPkg::Lock::Timeout=600 update -qq >&2
    # shellcheck disable=SC2086
    apt-get -o DPkg::Lock::Timeout=600 install -y -qq --no-install-recommends $missing >&2
}

# Into the peers' folder, not ~/.cargo/bin: another version that someone keeps
# there for other work stays as it is.
install_tool() { # NAME VERSION
    case "$(cargo "$1" --version 2>/dev/null || :)" in "cargo-$1 $2"*) return 0 ;; esac
    mkdir -p "$TOUCHMARK_PEERS"
    (
        flock 9
        root=$TOUCHMARK_PEERS/tools
        case "$("$root/bin/cargo-$1" "$1" --version 2>/dev/null || :)" in "cargo-$1 $2"*) exit 0 ;; esac
        say "cargo install cargo-$1 $2 (some minutes)"
        # Unoptimised: a third of the build, and the tests take the time, not their runner.
        cargo install --quiet --locked --debug --root "$root" "cargo-$1" --version "$2" >&2 9>&-
    ) 9>"$TOUCHMARK_PEERS/.lock-tools"
}

install_packages
command -v cargo >/dev/null || fail "there is no cargo; install Rust $(sed -n 's/^rust-version = //p' Cargo.toml)"
install_tool nextest "$NEXTEST"
[ "${1:-}" != lints ] || install_tool deny "$DENY"
tests/peers/build.sh all >/dev/null
say "all is there"
