#!/bin/sh
# Records what a real cosign writes for a blob, with new keys of every algorithm.
# usage: record.sh COSIGN DIRECTORY     (DIRECTORY is cosign-2 or cosign-3, beside this script)
# The private keys live only while it runs.
set -eu
cosign=$1
cd "$(dirname "$0")"
out=$2
keys=$(mktemp -d)
trap 'rm -rf "$keys"' EXIT
export COSIGN_PASSWORD=recorded TUF_ROOT="$keys/tuf"
mkdir -p "$out"
printf 'the signed artifact\n' >artifact.txt
# Both sign without a log; cosign 3 needs the first flag for it, cosign 2 does not know it.
case $out in
    cosign-3) offline='--use-signing-config=false --tlog-upload=false' ;;
    cosign-2) offline='--tlog-upload=false' ;;
esac

record() { # NAME, then openssl genpkey's arguments
    name=$1
    shift
    openssl genpkey "$@" -out "$keys/$name.pem" 2>/dev/null
    "$cosign" import-key-pair --key "$keys/$name.pem" --output-key-prefix "$keys/$name"
    cp "$keys/$name.pub" "$out/$name.pub"
    for form in true false; do
        bundle=$out/$name.bundle.json
        [ $form = true ] || bundle=$out/$name.legacy.json
        # shellcheck disable=SC2086
        "$cosign" sign-blob --yes --key "$keys/$name.key" $offline --new-bundle-format=$form \
            --bundle "$bundle" --output-signature "$out/$name.sig" artifact.txt
    done
    # cosign writes its outputs for their owner alone.
    chmod 644 "$out/$name".*
}

record ecdsa-p256 -algorithm EC -pkeyopt ec_paramgen_curve:P-256
record ecdsa-p384 -algorithm EC -pkeyopt ec_paramgen_curve:P-384
record ecdsa-p521 -algorithm EC -pkeyopt ec_paramgen_curve:P-521
record rsa-2048 -algorithm RSA -pkeyopt rsa_keygen_bits:2048
record rsa-3072 -algorithm RSA -pkeyopt rsa_keygen_bits:3072
record rsa-4096 -algorithm RSA -pkeyopt rsa_keygen_bits:4096
# cosign 2.6 cannot sign a blob with Ed25519 unless it uploads to a log: it panics.
[ "$out" = cosign-2 ] || record ed25519 -algorithm ED25519
