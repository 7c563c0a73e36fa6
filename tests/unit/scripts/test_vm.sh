#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# scripts/vm: bad input, and what it makes of a mirror, here one that apt-get and apt-cache invent.
# Nothing is downloaded and no guest is booted: that is for tests/vm/.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/expect.sh"
vm=$REPOSITORY/scripts/vm
export IOPATH_VM_CACHE=$WORK/cache
unset IOPATH_VM_MIRROR

command -v python3 >/dev/null || {
    echo "python3 is not installed"
    exit 77
}

# A machine with every tool, whose mirror has what $WORK/mirror says: `PACKAGE VERSION SUITE` lines.
mkdir "$WORK/bin"
for tool in qemu-system-x86_64 qemu-system-aarch64; do
    printf '#!/bin/sh\nexit 1\n' >"$WORK/bin/$tool"
done
cat >"$WORK/bin/apt-config" <<'END'
#!/bin/sh
echo 'Acquire::http::Proxy "http://proxy.invalid:1";'
echo 'Acquire::Languages:: "de";'
echo 'APT::Update::Post-Invoke:: "touch /wrong";'
END
cat >"$WORK/bin/apt-get" <<'END'
#!/bin/bash
case "$*" in
"update --print-uris"*)
    echo "'http://other.invalid/linux/dists/bookworm/InRelease' other 0 "
    echo "'http://mirror.invalid/debian/dists/bookworm/InRelease' mirror 0 "
    echo "'http://safe.invalid/updates/dists/bookworm-security/InRelease' safe 0 "
    ;;
update*)
    # The index is there for the suites that the mirror has.
    state=$(dirname "$APT_CONFIG")
    echo "$state" >>"$WORK/updates"
    status=0
    while read -r _ _ address suite _; do
        if grep -q " $suite\$" "$WORK/mirror"; then
            touch "$state/lists/${address//[:\/]/_}_dists_${suite}_InRelease"
        else
            status=100
        fi
    done < <(sed 's/^deb http/deb [] http/' "$state/sources.list")
    echo "E: a suite is not there" >&2
    exit "$status"
    ;;
*) exit 1 ;;
esac
END
cat >"$WORK/bin/apt-cache" <<'END'
#!/bin/bash
suite=$(basename "$(dirname "$APT_CONFIG")")
architecture=${suite##*-}
suite=${suite%-*}
case $1 in
pkgnames) awk -v s="$suite" -v a="$architecture" 'index($3, s) == 1 && $1 ~ a { print $1 }' "$WORK/mirror" ;;
madison)
    shift
    for name; do
        awk -v n="$name" -v s="$suite" \
            '$1 == n && index($3, s) == 1 { print " " $1 " | " $2 " | http://m " $3 "/main amd64 Packages" }' "$WORK/mirror"
    done
    ;;
esac
END
chmod +x "$WORK"/bin/*
export WORK PATH="$WORK/bin:$PATH"
cat >"$WORK/mirror" <<'END'
linux-image-5.10.0-9-amd64 5.10.9-1 bullseye
linux-image-6.1.0-9-amd64 6.1.99-1 bookworm
linux-image-6.1.0-10-amd64 6.1.100-1 bookworm-security
linux-image-6.1.0-10-amd64-unsigned 6.1.100-1 bookworm-security
linux-image-6.1.0-10-cloud-amd64 6.1.200-1 bookworm
linux-image-6.1.0-10-rt-amd64 6.1.200-1 bookworm
linux-image-6.1.0-10-amd64-dbg 6.1.200-1 bookworm
linux-image-6.12.9+deb13-amd64-unsigned 6.12.9-1 trixie
linux-image-6.12.8+deb13.1-arm64 6.12.8-1 trixie
linux-image-6.12.8+deb13-arm64-16k 6.12.9-1 trixie
linux-image-6.17.3+deb13-amd64 6.17.3-1~bpo13+1 trixie-backports
linux-image-6.19.4+deb13-amd64 6.19.4-1~bpo13+1 trixie-backports
linux-binary-6.19.4+deb13-amd64 6.19.4-1~bpo13+1 trixie-backports
linux-binary-7.2.4+deb13-amd64 7.2.4-1~bpo13+1 trixie-backports
linux-modules-7.2.4+deb13-amd64 7.2.4-1~bpo13+1 trixie-backports
linux-base-7.2.4+deb13-amd64 7.2.4-1~bpo13+1 trixie-backports
linux-image-7.2.4+deb13-amd64 7.2.4-1~bpo13+1 trixie-backports
linux-binary-7.2.5+deb13-amd64 7.2.5-1~bpo13+1 trixie-backports
linux-image-7.2.5+deb13-amd64 7.2.5-1~bpo13+1 trixie-backports
linux-headers-6.1.0-10-amd64 6.1.100-1 bookworm
END

# kernel SERIES ARCHITECTURE: its line of the list, with single spaces.
kernel() {
    grep "^$1  *$2 " <<<"$OUTPUT" | tr -s ' '
}
# expect_kernel SERIES ARCHITECTURE REST
expect_kernel() {
    [ "$(kernel "$1" "$2")" = "$1 $2 $3" ] || fail "'$1 $2 $3' is not in: $OUTPUT"
}

# The newest of each series of the plain flavour, that has all of its parts; the others by name.
expect_status 0 "$vm" --list
expect_kernel 5.10 amd64 "bullseye linux-image-5.10.0-9-amd64 5.10.9-1 not cached"
expect_kernel 6.1 amd64 "bookworm-security linux-image-6.1.0-10-amd64 6.1.100-1 not cached"
expect_kernel 6.12 amd64 "trixie linux-image-6.12.9+deb13-amd64-unsigned 6.12.9-1 not cached"
expect_kernel 6.12 arm64 "trixie linux-image-6.12.8+deb13.1-arm64 6.12.8-1 not cached"
expect_kernel 6.17 amd64 "trixie-backports linux-image-6.17.3+deb13-amd64 6.17.3-1~bpo13+1 not cached"
expect_kernel 7.2 amd64 "trixie-backports linux-binary-7.2.4+deb13-amd64 7.2.4-1~bpo13+1 not cached"
expect_kernel 6.19 amd64 "skipped: the mirror has no linux-modules-6.19.4+deb13-amd64"
expect_kernel 7.3 amd64 "skipped: the mirror has no linux-image-7.3.*-amd64"
expect_kernel 6.1 arm64 "skipped: the mirror has no linux-image-6.1.*-arm64"

# The state of its own reaches the mirror like the system does, and takes nothing else from it.
state=$IOPATH_VM_CACHE/apt/bookworm-amd64
OUTPUT=$(cat "$state/apt.conf")
expect_line 'Acquire::http::Proxy "http://proxy.invalid:1";'
[[ $OUTPUT != *Post-Invoke* && $OUTPUT != *'"de"'* ]] || fail "the system's settings are in: $OUTPUT"
OUTPUT=$(cat "$state/sources.list")
expect_output "http://mirror.invalid/debian bookworm main"
expect_output "http://safe.invalid/updates bookworm-security main"

# An index is asked for once a day, and an old one serves where there is no mirror any more.
asked=$(wc -l <"$WORK/updates")
expect_status 0 "$vm" --list
[ "$(wc -l <"$WORK/updates")" -eq "$asked" ] || fail "the index was fetched again"
find "$IOPATH_VM_CACHE" -name stamp -exec touch -d '3 days ago' {} +
mv "$WORK/mirror" "$WORK/gone" && : >"$WORK/mirror"
find "$IOPATH_VM_CACHE" -name '*_InRelease' -delete
expect_status 0 "$vm" --list
expect_output "the index of bookworm is 3 days old"
expect_kernel 6.1 amd64 "bookworm-security linux-image-6.1.0-10-amd64 6.1.100-1 not cached"
rm -rf "$IOPATH_VM_CACHE"
expect_status 125 "$vm" --list
mv "$WORK/gone" "$WORK/mirror"

# refused TEXT WORD...: one line that holds the text, and status 2.
refused() {
    local text=$1
    shift
    expect_status 2 "$vm" "$@"
    expect_output "$text"
    [ "$(grep -c . <<<"$OUTPUT")" -eq 1 ] || fail "more than a line: $OUTPUT"
}

printf '#!/bin/sh\n' >"$WORK/script"
here=(--iopath "$WORK/script")
refused "no command" 6.1
refused "no command" 6.1 --
refused "one kernel" -- true
refused "one kernel" 6.1 6.12 -- true
refused "unknown kernel nonsense" nonsense -- true
refused "unknown kernel 6;1" '6;1' -- true
refused "unknown kernel 4.19" 4.19 "${here[@]}" -- true
refused "unknown architecture mips: one of amd64, arm64" 6.1/mips -- true
refused "unrecognized arguments: --cheese" 6.1 --cheese -- true
refused "unknown disk kind 'floppy': one of virtio, nvme, scsi" 6.1 --disk floppy -- true
for disk in nvme:x nvme:1G:0 nvme:1G:99 virtio:0G scsi:1g nvme:1G:2:; do
    refused "bad disk '$disk'" 6.1 --disk "$disk" -- true
done
refused "bad module name" 6.1 --module '../x' "${here[@]}" -- true
refused "bad package name 'A;b'" 6.1 --package 'A;b' "${here[@]}" -- true
refused "no such file: $WORK/nothing" 6.1 --file "$WORK/nothing" -- true
refused "is the guest's root" 6.1 --file "$WORK/script:/" -- true
refused "wants GUEST:HOST" 6.1 --fetch /etc/motd -- true
refused "no such folder: $WORK/no" 6.1 --fetch "/etc/motd:$WORK/no/motd" -- true
refused "$WORK/nothing is not there: name one with --iopath, or do without (--no-iopath)" \
    6.1 --iopath "$WORK/nothing" -- true
refused "--memory at least" 6.1 --memory 16 "${here[@]}" -- true
refused "at most 100 bytes" 6.1 --monitor "$(printf '%0120d' 0)" "${here[@]}" -- true

# Two guests with a link and a disk in common.
for link in cable cable:3 :1 cable:; do
    refused "--link wants FOLDER:1 or FOLDER:2, not '$link'" 6.1 --link "$link" "${here[@]}" -- true
done
refused "--link: no such folder: $WORK/no" 6.1 --link "$WORK/no:1" "${here[@]}" -- true
long=$WORK/$(printf '%0100d' 0)
mkdir "$long"
refused "at most 100 bytes: $long/link1" 6.1 --link "$long:1" "${here[@]}" -- true
refused "--share: no such file: $WORK/nothing" 6.1 --share "$WORK/nothing" "${here[@]}" -- true
refused "--share: no such file: $WORK" 6.1 --share "$WORK" "${here[@]}" -- true
printf 'half a sector' >"$WORK/odd"
refused "--share: $WORK/odd has 13 bytes, a disk has a multiple of 512" 6.1 --share "$WORK/odd" "${here[@]}" -- true

# A program for another machine: the head of an ELF file is enough to tell.
printf '\x7fELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\xb7\0' >"$WORK/arm"
refused "$WORK/arm is for arm64, the guest is amd64" 6.1/amd64 --iopath "$WORK/arm" -- true
: >"$WORK/empty"
refused "$WORK/empty is no whole program" 6.1 --iopath "$WORK/empty" -- true

# Without QEMU: which package has it.
rm "$WORK/bin/qemu-system-aarch64"
if ! command -v qemu-system-aarch64 >/dev/null; then
    refused "qemu-system-aarch64 is not installed: apt-get install qemu-system-arm" 6.12/arm64 -- true
fi

# What the mirror has not is a skip, and keeps the others not away.
expect_status 77 "$vm" 6.19/amd64 "${here[@]}" -- true
expect_output "skipped: 6.19/amd64: the mirror has no linux-modules-6.19.4+deb13-amd64"

# Without any Debian mirror it says what to do.
sed -i 's/bookworm/noble/' "$WORK/bin/apt-get"
rm -rf "$IOPATH_VM_CACHE"
refused "IOPATH_VM_MIRROR=URI" 6.1 "${here[@]}" -- true
export IOPATH_VM_MIRROR=http://named.invalid/debian/
expect_status 0 "$vm" --list
OUTPUT=$(cat "$state/sources.list")
expect_output "http://named.invalid/debian-security bookworm-security main"
