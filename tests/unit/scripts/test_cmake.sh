#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Configuring as packagers do: no Catch2 needed, a missing package is named, DESTDIR holds.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/expect.sh"

# configure NAME [OPTION...]
configure() {
    cmake -S "$REPOSITORY" -B "$WORK/$1" -Wno-dev "${@:2}"
}

expect_status 0 configure plain -DCMAKE_DISABLE_FIND_PACKAGE_Catch2=ON
expect_output "no tests"
grep -q '^CMAKE_BUILD_TYPE:.*=RelWithDebInfo$' "$WORK/plain/CMakeCache.txt" ||
    fail "the default build type is not RelWithDebInfo"
# A newer compiler's new warnings must not break a package.
if grep -rqs -e -Werror "$WORK/plain/user/CMakeFiles/iopath_core.dir"; then
    fail "-Werror in a plain build"
fi

expect_status 1 configure tests -DIOPATH_TESTS=ON -DCMAKE_DISABLE_FIND_PACKAGE_Catch2=ON
expect_output "apt-get install catch2"
expect_status 1 configure no-fmt -DCMAKE_DISABLE_FIND_PACKAGE_fmt=ON
expect_output "apt-get install libfmt-dev"
expect_status 1 configure no-cli11 -DCMAKE_DISABLE_FIND_PACKAGE_CLI11=ON
expect_output "apt-get install libcli11-dev"
expect_status 1 env PKG_CONFIG_LIBDIR="$WORK" cmake -S "$REPOSITORY" -B "$WORK/no-libbpf"
expect_output "apt-get install libbpf-dev"

# The developer's build, if there is one, goes where a packager points.
if [ -x "$REPOSITORY/build/dev/iopath" ]; then
    expect_status 0 env DESTDIR="$WORK/dest" cmake --install "$REPOSITORY/build/dev" --prefix /usr
    [ -x "$WORK/dest/usr/bin/iopath" ] || fail "no bin/iopath in DESTDIR"
    [ -f "$WORK/dest/usr/share/doc/iopath/LICENSE" ] || fail "no LICENSE in DESTDIR"
fi
