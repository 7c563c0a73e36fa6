# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What the scripts share. Sourced, after `set -euo pipefail`.

# su keeps the PATH of the user it came from, which on Debian lacks what root's tools need.
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

# shellcheck disable=SC2034  # for those who source this
REPOSITORY=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

say() { printf '==> %s\n' "$*"; }

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# become_root SCRIPT [ARG...]: returns at once for root, else starts the script again as root.
become_root() {
    [ "$(id -u)" -ne 0 ] || return 0
    # sudo may be installed for others only; then root's password is the way.
    if command -v sudo >/dev/null && sudo -v; then
        exec sudo -- "$@"
    fi
    command -v su >/dev/null || die "needs root, and there is neither sudo nor su: run it as root"
    printf '%s\n' "This needs root: to install packages and to load programs into the kernel." \
        "su now asks for root's password (or run it from a root shell)." >&2
    # shellcheck disable=SC2016  # expanded by the shell that su starts
    exec su -s /bin/bash -c 'exec "$@"' -- root su-shell "$@"
}

# quietly LOG COMMAND...: runs it without a word; if it fails, shows the log and fails too.
quietly() {
    local log=$1 status=0
    shift
    mkdir -p "$(dirname "$log")"
    "$@" </dev/null >"$log" 2>&1 || status=$?
    if [ "$status" -ne 0 ]; then
        tail -n 60 "$log" >&2
        printf '%s: failed (%s): %s\n' "${0##*/}" "$status" "$*" >&2
        printf '%s: the whole log: %s\n' "${0##*/}" "$log" >&2
    fi
    return "$status"
}

# The compiler wants up to a GiB per job: small machines would swap, or kill it.
build_jobs() {
    local cpus gibibytes
    cpus=$(nproc)
    gibibytes=$(awk '/^MemAvailable:/ { print int($2 / 1048576) }' /proc/meminfo)
    [ "$gibibytes" -ge 1 ] || gibibytes=1
    echo $((cpus < gibibytes ? cpus : gibibytes))
}

# give_back DIRECTORY: what root built in a user's clone becomes the user's.
give_back() {
    [ "$(id -u)" -ne 0 ] || [ ! -d "$1" ] || chown -R --reference="$REPOSITORY" -- "$1"
}
