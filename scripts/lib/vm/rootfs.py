# SPDX-License-Identifier: GPL-2.0-only
"""The guest's root file system: an image of Debian packages, unpacked without running any script of
theirs, so that every architecture's is made the same way."""
import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass

from . import archive, cache, kernels
from .kernel_files import make_image

RECIPE = 3  # one more whenever an image made before would no longer do
DEFAULT_SUITE = "bookworm"
PACKAGES = """base-files usr-is-merged busybox-static dash bash coreutils debianutils diffutils findutils gawk grep gzip
    hostname sed tar less ncurses-base libcap2-bin procps psmisc util-linux mount kmod iproute2 dmsetup
    e2fsprogs xfsprogs btrfs-progs f2fs-tools ocfs2-tools nfs-kernel-server diod bindfs fio strace bpftool python3 libstdc++6""".split()
# What iopath is linked with; it runs in a root file system of the suite that it was built on.
LIBRARIES = {"bookworm": ["libbpf1", "libfmt9"], "trixie": ["libbpf1", "libfmt10"]}
UNWANTED = ("usr/share/doc", "usr/share/man", "usr/share/info", "usr/share/locale", "usr/share/lintian", "usr/share/bug",
            "usr/share/perl5/debconf", "var/cache", "var/log")
FOLDERS = ("boot", "dev", "etc", "iopath", "mnt", "proc", "root", "run", "sys", "tmp", "usr/lib/modules", "usr/src", "var/lib", "var/tmp",
           "var/log")
# Made by the packages' scripts elsewhere.
LINKS = {"etc/mtab": "../proc/self/mounts", "usr/bin/awk": "gawk", "usr/bin/which": "which.debianutils",
         "usr/bin/pager": "less", "var/run": "/run", "var/lock": "/run/lock"}
FILES = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1::/:/usr/sbin/nologin\n"
                  "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
    "etc/group": "root:x:0:\ndaemon:x:1:\ntty:x:5:\ndisk:x:6:\nnogroup:x:65534:\n",
    "etc/hosts": "127.0.0.1 localhost guest\n::1 localhost\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\nnetworks: files\nprotocols: files\nservices: files\n",
    "etc/fstab": "",
}


@dataclass(frozen=True)
class RootFs:
    folder: str

    @property
    def image(self):
        return os.path.join(self.folder, "root.squashfs")

    @property
    def busybox(self):
        return os.path.join(self.folder, "busybox")


def default_suite():
    """The suite of this machine where it is one of ours: its compiler's libraries are those that iopath needs."""
    try:
        with open(os.environ.get("OS_RELEASE", "/etc/os-release"), encoding="utf-8") as file:
            found = re.search(r"^VERSION_CODENAME=\"?(\w+)", file.read(), re.MULTILINE)
    except OSError:
        found = None
    return found.group(1) if found and found.group(1) in LIBRARIES else DEFAULT_SUITE


def get(architecture, extra=(), suite=None):
    """The image with these packages besides, made at need."""
    suite = suite or default_suite()
    names = sorted({*PACKAGES, *LIBRARIES[suite], *extra})
    digest = hashlib.sha256(" ".join([str(RECIPE), *names]).encode()).hexdigest()[:12]

    def make(folder):
        cache.say(f"making the root file system ({suite}, {architecture}{', ' + ' '.join(sorted(extra)) if extra else ''})")
        _make(folder, suite, architecture, names)

    return RootFs(cache.entry(f"rootfs/{suite}-{architecture}-{digest}", make))


def _make(folder, suite, architecture, names):
    packages = archive.Archive(kernels.FAMILIES[suite], architecture).download_closure(names)
    tree = os.path.join(folder, "tree")
    for name in ("bin", "sbin", "lib", "lib64"):
        os.makedirs(os.path.join(tree, "usr", name))
        os.symlink(f"usr/{name}", os.path.join(tree, name))
    for package in packages:
        archive.unpack(package, tree)
    _finish(tree)
    precompile(tree)
    shutil.copy(os.path.join(tree, "usr", "bin", "busybox"), folder)
    make_image(tree, os.path.join(folder, "root.squashfs"))
    with open(os.path.join(folder, "packages"), "w", encoding="utf-8") as file:
        file.writelines(f"{os.path.basename(package)}\n" for package in sorted(packages))
    _remove(tree)


def _finish(tree):
    for name in UNWANTED:
        shutil.rmtree(os.path.join(tree, name), ignore_errors=True)
    for name in FOLDERS:
        os.makedirs(os.path.join(tree, name), exist_ok=True)
    for name, text in FILES.items():
        with open(os.path.join(tree, name), "w", encoding="utf-8") as file:
            file.write(text)
    for name, target in LINKS.items():
        path = os.path.join(tree, name)
        if not os.path.lexists(path):
            os.symlink(target, path)


def precompile(tree):
    """Python's modules as byte code, for which an emulated processor takes seconds at every boot. Only this
    machine's Python can make it, so only where it is the same version."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    library = os.path.join(tree, "usr", "lib", version)
    folders = [path for path in (library, os.path.join(tree, "usr", "lib", "python3")) if os.path.isdir(path)]
    if os.path.isdir(library):
        subprocess.run([sys.executable, "-m", "compileall", "-q", "-j", str(os.cpu_count()), "--invalidation-mode",
                        "unchecked-hash", "-s", tree, "-p", "/", *folders], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=False)


def _remove(tree):
    """Packages have folders without permission to write, which stop others than root."""
    for where, folders, _ in os.walk(tree):
        for name in folders:
            path = os.path.join(where, name)
            if not os.path.islink(path):
                os.chmod(path, 0o755)
    shutil.rmtree(tree)
