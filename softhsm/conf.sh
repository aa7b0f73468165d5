# shellcheck shell=sh
# Sourced by run.sh and init.sh: writes DIR/softhsm2.conf from softhsm2.conf.in.
# Shell built-ins only, because run.sh does it before every test.
softhsm_conf() { # DIR
    while IFS= read -r line; do
        case $line in
            *@DIR@*) line=${line%%@DIR@*}$1${line#*@DIR@} ;;
        esac
        printf '%s\n' "$line"
    done <"$softhsm/softhsm2.conf.in" >"$1/softhsm2.conf"
}
