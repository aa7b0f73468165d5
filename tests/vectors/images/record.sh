#!/bin/sh
# Records what a real cosign writes for an image, in both of its forms, with new keys.
# usage: record.sh COSIGN OLAREG DIRECTORY     (DIRECTORY is cosign-2 or cosign-3, beside this script)
# The private keys and the registry live only while it runs. It needs curl, jq and openssl.
set -eu
cosign=$1 olareg=$2
cd "$(dirname "$0")"
here=$PWD out=$PWD/$3
work=$(mktemp -d)
port=5931
"$olareg" serve --store-type mem --addr 127.0.0.1 --port $port >"$work/registry.log" 2>&1 &
registry=$!
trap 'kill $registry; rm -rf "$work"' EXIT
export COSIGN_PASSWORD=recorded TUF_ROOT="$work/tuf" COSIGN_YES=true
url=http://127.0.0.1:$port/v2
until curl -fs "$url/" >"$work/answer"; do sleep 0.1; done
case $3 in
    cosign-3) offline='--use-signing-config=false --tlog-upload=false' ;;
    cosign-2) offline='--tlog-upload=false' ;;
esac
rm -rf "$out"
mkdir -p "$out"

push() { # REPOSITORY: the same tiny image in each, so that one digest is signed everywhere
    printf '{}' >"$work/config"
    config=sha256:$(sha256sum <"$work/config" | cut -d' ' -f1)
    location=$(curl -fsi -X POST "$url/$1/blobs/uploads/" | tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
    case $location in
        http*) ;;
        *) location=http://127.0.0.1:$port$location ;;
    esac
    case $location in
        *\?*) location="$location&digest=$config" ;;
        *) location="$location?digest=$config" ;;
    esac
    curl -fs -X PUT -H 'Content-Type: application/octet-stream' --data-binary @"$work/config" "$location"
    type=application/vnd.oci.image.manifest.v1+json
    printf '{"schemaVersion":2,"mediaType":"%s","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"%s","size":2},"layers":[]}' \
        $type "$config" >"$here/manifest.json"
    curl -fs -X PUT -H "Content-Type: $type" --data-binary @"$here/manifest.json" "$url/$1/manifests/1"
    digest=sha256:$(sha256sum <"$here/manifest.json" | cut -d' ' -f1)
    image=127.0.0.1:$port/$1@$digest
}

tag() { # REPOSITORY SUFFIX: each layer of the tag, as tag-N.blob and its annotations as tag-N.json
    curl -fs "$url/$1/manifests/sha256-${digest#sha256:}.$2" >"$work/tag.json"
    number=0
    for layer in $(jq -r '.layers[].digest' "$work/tag.json"); do
        curl -fs "$url/$1/blobs/$layer" >"$out/$1/tag-$number.blob"
        jq -S ".layers[$number].annotations" "$work/tag.json" >"$out/$1/tag-$number.json"
        number=$((number + 1))
    done
}

bundles() { # REPOSITORY: each bundle that refers to the image, as bundle-N.json
    number=0
    for referrer in $(curl -fs "$url/$1/referrers/$digest" | jq -r '.manifests[].digest'); do
        layer=$(curl -fs "$url/$1/manifests/$referrer" | jq -r '.layers[0].digest')
        curl -fs "$url/$1/blobs/$layer" >"$out/$1/bundle-$number.json"
        number=$((number + 1))
    done
}

key() { # NAME, then openssl genpkey's arguments
    name=$1
    shift
    openssl genpkey "$@" -out "$work/$name.pem" 2>>"$work/log"
    "$cosign" import-key-pair --key "$work/$name.pem" --output-key-prefix "$work/$name" 2>>"$work/log"
    cp "$work/$name.pub" "$out/$name.pub"
}

sign() { # REPOSITORY KEY, then flags: both forms
    repository=$1 name=$2
    shift 2
    push "$repository"
    mkdir -p "$out/$repository"
    for form in false true; do
        # shellcheck disable=SC2086
        "$cosign" sign --key "$work/$name.key" $offline --new-bundle-format=$form "$@" "$image" 2>>"$work/log" ||
            { tail -3 "$work/log" >&2; echo "no $repository with --new-bundle-format=$form" >&2; }
    done
}

attest() { # REPOSITORY TYPE PREDICATE: both forms
    push "$1"
    mkdir -p "$out/$1"
    for form in false true; do
        # shellcheck disable=SC2086
        "$cosign" attest --key "$work/ecdsa-p256.key" $offline --new-bundle-format=$form \
            --type "$2" --predicate "$3" "$image" 2>>"$work/log" ||
            { tail -3 "$work/log" >&2; echo "no $1 with --new-bundle-format=$form" >&2; }
    done
    tag "$1" att || true
    bundles "$1"
}

key ecdsa-p256 -algorithm EC -pkeyopt ec_paramgen_curve:P-256
key ecdsa-p384 -algorithm EC -pkeyopt ec_paramgen_curve:P-384
key ecdsa-p521 -algorithm EC -pkeyopt ec_paramgen_curve:P-521
key rsa-2048 -algorithm RSA -pkeyopt rsa_keygen_bits:2048
key ed25519 -algorithm ED25519
for name in ecdsa-p256 ecdsa-p384 ecdsa-p521 rsa-2048 ed25519; do
    sign "sign-$name" $name
    tag "sign-$name" sig || true
    bundles "sign-$name"
done
sign sign-annotated ecdsa-p256 -a env=prod -a 'note=<a&b> é' -a a=b
tag sign-annotated sig
bundles sign-annotated
sign sign-identity ecdsa-p256 --sign-container-identity registry.example/app:1.0
tag sign-identity sig
bundles sign-identity
sign sign-twice ecdsa-p256
sign sign-twice rsa-2048
tag sign-twice sig
bundles sign-twice

# An own authority: a root, an intermediate, and a leaf for the P-256 key, for a hundred years.
certificate() { # NAME ISSUER EXTENSIONS
    openssl req -new -key "$work/$1.pem" -subj "/CN=$1" -out "$work/$1.csr" 2>>"$work/log"
    printf '%b' "$3" >"$work/$1.ext"
    openssl x509 -req -in "$work/$1.csr" -CA "$work/$2.crt" -CAkey "$work/$2.pem" -days 36500 \
        -extfile "$work/$1.ext" -out "$work/$1.crt" 2>>"$work/log"
}
authority='basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n'
for name in root intermediate; do
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out "$work/$name.pem" 2>>"$work/log"
done
openssl req -x509 -key "$work/root.pem" -subj /CN=root -days 36500 \
    -addext keyUsage=critical,keyCertSign -out "$work/root.crt"
certificate intermediate root "$authority"
certificate ecdsa-p256 intermediate 'keyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning\nsubjectAltName=email:release@example.com\n'
cat "$work/intermediate.crt" "$work/root.crt" >"$work/chain.pem"
cp "$work/root.crt" "$out/root.crt"
cp "$work/intermediate.crt" "$out/intermediate.crt"
sign sign-certificate ecdsa-p256 --certificate "$work/ecdsa-p256.crt" --certificate-chain "$work/chain.pem"
tag sign-certificate sig || true
bundles sign-certificate

for type in slsaprovenance slsaprovenance1 spdxjson cyclonedx link vuln openvex; do
    attest attest-$type $type predicates/$type.json
done
attest attest-spdx spdx predicates/spdx.txt
attest attest-custom custom predicates/custom.txt
attest attest-uri https://predicate.example/v1 predicates/uri.json
find "$out" -type f -exec chmod 644 {} +
"$cosign" version 2>/dev/null | sed -n '/^GitVersion/p;/^GoVersion/p'
