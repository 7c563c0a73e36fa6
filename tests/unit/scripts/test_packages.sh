#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The name table of scripts/packages, and what it does on a distribution it does not know.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/expect.sh"
packages=$REPOSITORY/scripts/packages

for version in 12 13; do
    expect_status 0 "$packages" build debian "$version"
    for name in g++ cmake clang llvm bpftool libbpf-dev libelf-dev zlib1g-dev libcap-dev \
        libfmt-dev nlohmann-json3-dev libcli11-dev pkg-config make; do
        expect_line "$name"
    done
    # Building must not ask for what only tests need.
    for name in catch2 clang-tidy fio linux-tools-common qemu-system-x86 npm; do
        expect_no_line "$name"
    done
    expect_status 0 "$packages" test debian "$version"
    for name in g++ bpftool catch2 clang-format fio bpftrace libbpf-tools linux-perf; do
        expect_line "$name"
    done
done

# bpftool and perf have other names there, and are named once.
expect_status 0 "$packages" test ubuntu 24.04
expect_line linux-tools-common
expect_line linux-tools-generic
expect_no_line bpftool
expect_no_line linux-perf
expect_line libcli11-dev
[ "$(grep -cx linux-tools-generic <<<"$OUTPUT")" -eq 1 ] || fail "named twice: $OUTPUT"

# A distribution not in the table: what is needed, by name, and a status of its own.
expect_status 3 "$packages" build fedora 40
expect_output "fedora 40"
expect_output "libbpf-dev"
expect_status 3 "$packages" test ubuntu 22.04
expect_status 3 "$packages" missing build debian ""
expect_output "debian without a version"

# Installing goes on there: the tools may have come by other means.
expect_status 0 "$packages" install build fedora 40
expect_output "going on"

# Without arguments of its own it reads os-release.
printf 'ID=ubuntu\nVERSION_ID="24.04"\n' >"$WORK/os-release"
expect_status 0 env OS_RELEASE="$WORK/os-release" "$packages" build
expect_line linux-tools-generic

# What is missing is asked of dpkg, here one that knows make only.
mkdir "$WORK/bin"
# shellcheck disable=SC2016  # expanded by that script
printf '#!/bin/sh\nfor last; do :; done\n[ "$last" = make ] && printf installed\n' \
    >"$WORK/bin/dpkg-query"
chmod +x "$WORK/bin/dpkg-query"
expect_status 0 env PATH="$WORK/bin:$PATH" "$packages" missing build debian 12
expect_no_line make
expect_line cmake

# With everything there, apt is not called.
printf '#!/bin/sh\nprintf installed\n' >"$WORK/bin/dpkg-query"
printf '#!/bin/sh\nexit 99\n' >"$WORK/bin/apt-get"
chmod +x "$WORK/bin/apt-get"
expect_status 0 env PATH="$WORK/bin:$PATH" "$packages" install test debian 12
expect_output "all installed"

expect_status 2 "$packages"
expect_status 2 "$packages" build debian
expect_status 1 "$packages" nonsense debian 12
