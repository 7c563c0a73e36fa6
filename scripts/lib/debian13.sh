# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs scripts/quickstart in a fresh Debian 13 (trixie) below a temporary folder, on this kernel.
# Sourced by scripts/test, after common.sh.

# The mirror that this machine is configured with.
debian_mirror() {
    local codename
    # shellcheck disable=SC1091
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    # shellcheck disable=SC2016  # apt's own variables
    apt-get indextargets --format '$(REPO_URI)' "Created-By: Packages" "Codename: $codename" |
        head -n 1
}

# debian13_unavailable: prints why it cannot be tried here; nothing where it can.
debian13_unavailable() {
    local free
    free=$(df --output=avail -k "${TMPDIR:-/var/tmp}" | tail -n 1)
    if [ "$(. /etc/os-release && echo "$ID")" != debian ]; then
        echo "this is no Debian, so no Debian mirror is configured"
    elif ! command -v debootstrap >/dev/null; then
        echo "debootstrap is not installed"
    elif [ ! -e /usr/share/debootstrap/scripts/trixie ]; then
        echo "this debootstrap does not know trixie"
    elif [ -z "$(debian_mirror)" ]; then
        echo "no mirror in the apt sources (after apt-get update)"
    elif [ "$free" -lt $((4 * 1024 * 1024)) ]; then
        echo "less than 4 GiB free in ${TMPDIR:-/var/tmp}"
    fi
}

# debian13_in ROOT: the part in a mount namespace of its own, which takes the mounts with it.
debian13_in() {
    local root=$1
    mount --rbind /dev "$root/dev"
    mount -t proc proc "$root/proc"
    mount --rbind /sys "$root/sys"
    chroot "$root" /usr/bin/env -i HOME=/root TERM=dumb PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        /src/scripts/quickstart
}

# debian13_try: exit status of quickstart there.
debian13_try() (
    set -euo pipefail
    work=$(mktemp -d "${TMPDIR:-/var/tmp}/iopath-debian13.XXXXXX")
    trap 'rm -rf --one-file-system "$work"' EXIT
    root=$work/root
    debootstrap --variant=minbase trixie "$root" "$(debian_mirror)"
    # How this machine reaches its mirror holds there too.
    cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
    apt-config dump | grep '^Acquire::http.*::Proxy' >"$root/etc/apt/apt.conf.d/90proxy" || true
    mkdir "$root/src"
    tar -C "$REPOSITORY" --exclude=./build --exclude=./.git -cf - . | tar -C "$root/src" -xf -
    export -f debian13_in
    # shellcheck disable=SC2016  # expanded by the inner bash
    unshare --mount --propagation private bash -euo pipefail -c 'debian13_in "$1"' bash "$root"
)
