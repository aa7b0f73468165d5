#!/bin/sh
# Makes a SoftHSM token to try touchmark with:
#
#     softhsm/init.sh DIR LABEL [PIN [SO-PIN]]
#
# DIR is made if need be and holds everything; deleting it deletes the token.
# LABEL is the token's name. PIN defaults to 1234 and SO-PIN to 12345678: good
# enough for a trial, never for a key that matters (SoftHSM keeps keys in files).
# A second call with the same DIR adds another token.
#
# Prints on stdout what a shell needs to use the token, so that
#
#     eval "$(softhsm/init.sh ~/trial release)"
#     touchmark key generate 'pkcs11:token=release;object=release-2026'
#
# works at once. The PIN is not among it: touchmark asks for it, or reads
# TOUCHMARK_PIN.
set -eu

fail() { echo "init: $*" >&2; exit 1; }

[ $# -ge 2 ] && [ $# -le 4 ] || fail "usage: $0 DIR LABEL [PIN [SO-PIN]]"
command -v softhsm2-util >/dev/null || fail "SoftHSM is not installed; on Debian: apt-get install softhsm2"
mkdir -p "$1/tokens"
dir=$(cd "$1" && pwd)
label=$2
softhsm=$(cd "$(dirname "$0")" && pwd)
. "$softhsm/conf.sh"

# First match of the places where distributions put it.
for module in /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so \
    /usr/lib64/pkcs11/libsofthsm2.so /usr/lib64/softhsm/libsofthsm2.so \
    /opt/homebrew/lib/softhsm/libsofthsm2.so /usr/local/lib/softhsm/libsofthsm2.so; do
    [ -e "$module" ] && break
done
[ -e "$module" ] || fail "libsofthsm2.so is in none of the usual places"

softhsm_conf "$dir"
export SOFTHSM2_CONF="$dir/softhsm2.conf"
# Two tokens of one label would make every URI that names it ambiguous.
softhsm2-util --show-slots | sed -n 's/^ *Label: *//p' | sed 's/ *$//' | grep -qxF -- "$label" &&
    fail "$dir already holds a token called $label"
softhsm2-util --init-token --free --label "$label" --pin "${3:-1234}" --so-pin "${4:-12345678}" >&2

quote() { printf "'%s'" "$(printf %s "$1" | sed "s/'/'\\\\''/g")"; }
echo "export SOFTHSM2_CONF=$(quote "$SOFTHSM2_CONF")"
echo "export TOUCHMARK_PKCS11_MODULE=$(quote "$module")"
