#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What a compiler for another architecture needs besides itself: Debian's libraries of that architecture, unpacked
into the laboratory's cache. Nothing of them is installed, and dpkg is told of no other architecture.

    scripts/lib/sysroot.py ARCHITECTURE     prints the folder
"""
import hashlib
import os
import sys

sys.dont_write_bytecode = True
from vm import archive, cache, kernels, rootfs  # noqa: E402
from vm.errors import VmError  # noqa: E402

RECIPE = 1  # one more whenever a folder made before would no longer do
# The last tells the numbers of 32-bit system calls, for a test.
PACKAGES = ("libc6-dev libbpf-dev libelf-dev zlib1g-dev libcap-dev libfmt-dev nlohmann-json3-dev libcli11-dev "
            "catch2 linux-libc-dev-armhf-cross").split()
# Links that lead from folder to folder here too, as they do on an installed system.
FOLDERS = ("bin", "sbin", "lib")


def get(architecture):
    """The folder, made at need: of this machine's suite, whose compiler it is for and whose libraries guests have."""
    suite = rootfs.default_suite()
    digest = hashlib.sha256(" ".join([str(RECIPE), *PACKAGES]).encode()).hexdigest()[:12]

    def make(folder):
        cache.say(f"fetching the libraries to build with ({suite}, {architecture})")
        packages = archive.Archive(kernels.FAMILIES[suite], architecture).download_closure(PACKAGES)
        for name in FOLDERS:
            os.makedirs(os.path.join(folder, "usr", name))
            os.symlink(f"usr/{name}", os.path.join(folder, name))
        for package in packages:
            archive.unpack(package, folder)
        _turn_inwards(folder)

    return cache.entry(f"sysroot/{suite}-{architecture}-{digest}", make)


def _turn_inwards(folder):
    """Absolute links (libz.so, to /lib) lead out of the folder, to nothing or to this machine's libraries."""
    for where, folders, files in os.walk(folder):
        for name in folders + files:
            path = os.path.join(where, name)
            target = os.readlink(path) if os.path.islink(path) else ""
            if target.startswith("/"):
                os.unlink(path)
                os.symlink(os.path.relpath(folder + target, os.path.realpath(where)), path)


def main():
    try:
        print(get(sys.argv[1]))
    except VmError as problem:
        cache.say(problem)
        return problem.status
    return 0


if __name__ == "__main__":
    sys.exit(main())
