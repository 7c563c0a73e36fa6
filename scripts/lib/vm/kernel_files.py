# SPDX-License-Identifier: GPL-2.0-only
"""A kernel's packages, unpacked for booting: the kernel, the modules that lead to the root file system,
and an image of all modules."""
import glob
import lzma
import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from . import archive, cache, kernel_image, kernels
from .errors import Failed, Gone, Refused, Skipped

# What the initramfs needs to reach the root file system and the ports. Some are built in.
BOOT_MODULES = ("virtio_pci", "virtio_blk", "virtio_console", "squashfs", "overlay")


@dataclass(frozen=True)
class KernelFiles:
    folder: str
    release: str

    @property
    def image(self):
        plain = os.path.join(self.folder, "vmlinux")
        return plain if os.path.exists(plain) else os.path.join(self.folder, "vmlinuz")

    @property
    def modules_image(self):
        return os.path.join(self.folder, "modules.squashfs")

    def boot_modules(self):
        """Paths, in the order in which they can be inserted."""
        return sorted(glob.glob(os.path.join(self.folder, "boot", "*.ko")))

    def static_nodes(self):
        """[(name, major, minor)] of the character devices that exist before their modules are loaded."""
        with open(os.path.join(self.folder, "boot", "modules.devname"), encoding="utf-8") as file:
            found = re.findall(r"^\S+ (\S+) c(\d+):(\d+)$", file.read(), re.MULTILINE)
        return [(name, int(major), int(minor)) for name, major, minor in found]


def need_tool(name, package):
    found = shutil.which(name, path=os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin")
    if not found:
        raise Refused(f"{name} is not installed: apt-get install {package}")
    return found


def make_image(folder, image):
    """A squashfs of the folder, owned by root. lz4: what emulated processors unpack fastest."""
    archive.run([need_tool("mksquashfs", "squashfs-tools"), folder, image, "-comp", "lz4", "-all-root", "-noappend",
                 "-no-progress", "-quiet"])


def get(name):
    """The kernel of that name and its files, downloaded and unpacked at need. Of a series, the newest that can be had."""
    while True:
        kernel = kernels.find(name)

        def make(folder, kernel=kernel):
            cache.say(f"fetching kernel {kernel.name} ({kernel.release})")
            _unpack(kernel, folder)

        try:
            return kernel, KernelFiles(cache.entry(kernel.entry, make), kernel.release)
        except Gone:
            if kernels.archive_of(kernel).renew():
                continue
            cache.say(f"the mirror has no longer {kernel.packages[0]}, which its index names: looking for another")
            kernels.forget(kernel)


def _unpack(kernel, folder):
    packages = kernels.archive_of(kernel).download(kernel.packages)
    tree = os.path.join(folder, "tree")
    os.makedirs(os.path.join(tree, "usr", "lib"))
    os.symlink("usr/lib", os.path.join(tree, "lib"))
    for package in packages:
        archive.unpack(package, tree)
    modules = os.path.join(tree, "lib", "modules", kernel.release)
    _move_first(folder, "vmlinuz", [f"{tree}/boot/vmlinuz-*", f"{modules}/vmlinuz"])
    if kernel_image.write_plain(os.path.join(folder, "vmlinuz"), os.path.join(folder, "vmlinux")):
        os.unlink(os.path.join(folder, "vmlinuz"))
    # Where a program in the guest may look for it, whichever package it came in.
    _move_first(modules, "config", [f"{tree}/boot/config-*", f"{modules}/config"])
    if not os.path.isdir(os.path.join(modules, "kernel")):
        raise Failed(f"no modules in {' '.join(kernel.packages)}")
    decompress_modules(modules)
    archive.run([need_tool("depmod", "kmod"), "-b", tree, kernel.release])
    _link_headers(modules, kernel.release)
    _take_boot_modules(modules, os.path.join(folder, "boot"))
    make_image(os.path.dirname(modules), os.path.join(folder, "modules.squashfs"))
    shutil.rmtree(tree)
    for package in packages:
        os.unlink(package)


def headers(kernel):
    """An image of its headers, what is /usr/src in the guest."""
    common = f"linux-headers-{kernel.release.rpartition('-')[0]}-common"

    def make(folder):
        cache.say(f"fetching the headers of {kernel.release}")
        try:
            packages = kernels.archive_of(kernel).download([f"linux-headers-{kernel.release}", common])
        except Failed as problem:
            raise Skipped(f"skipped: headers of {kernel.name}: {problem}") from None
        tree = os.path.join(folder, "tree")
        os.mkdir(tree)
        for package in packages:
            archive.unpack(package, tree)
            os.unlink(package)
        make_image(os.path.join(tree, "usr", "src"), os.path.join(folder, "headers.squashfs"))
        shutil.rmtree(tree)

    return os.path.join(cache.entry(kernel.entry.replace("kernels/", "headers/"), make), "headers.squashfs")


def _link_headers(modules, release):
    """As the packages of headers do. The links lead nowhere in guests without headers."""
    for name, target in (("build", release), ("source", release.rpartition("-")[0] + "-common")):
        path = os.path.join(modules, name)
        if not os.path.lexists(path):
            os.symlink(f"/usr/src/linux-headers-{target}", path)


def _move_first(folder, name, patterns):
    for path in (path for pattern in patterns for path in glob.glob(glob.escape(os.path.dirname(pattern))
                                                                   + "/" + os.path.basename(pattern))):
        target = os.path.join(folder, name)
        if path != target:
            os.rename(path, target)
        return
    raise Failed(f"the kernel's packages hold no {name}")


def decompress_modules(folder):
    """Once here, so that no emulated processor has to."""
    def one(path):
        plain = path.rpartition(".")[0]
        if path.endswith(".xz"):
            with lzma.open(path) as packed, open(plain, "wb") as file:
                shutil.copyfileobj(packed, file, 1 << 20)
        else:
            subprocess.run([need_tool("zstd", "zstd"), "-dq", path, "-o", plain], check=True)
        os.unlink(path)

    packed = [os.path.join(where, name) for where, _, names in os.walk(folder)
              for name in names if re.search(r"\.ko\.(xz|zst)$", name)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # lzma works outside of the interpreter's lock
        list(pool.map(one, packed))


def module_name(path):
    return os.path.basename(path).partition(".ko")[0].replace("-", "_")


def dependencies(folder):
    """{name: (path, [paths it needs])} as depmod wrote them, relative to the folder."""
    result = {}
    with open(os.path.join(folder, "modules.dep"), encoding="utf-8") as file:
        for line in file:
            path, _, needs = line.partition(":")
            result[module_name(path)] = (path, needs.split())
    return result


def closure(names, table):
    """Paths of these modules and all that they need, in the order of insertion; built-in ones are left out."""
    ordered = []

    def visit(name):
        path, needs = table.get(name, ("", ()))
        if path and path not in ordered:
            for need in reversed(needs):
                visit(module_name(need))
            ordered.append(path)

    for name in names:
        visit(name.replace("-", "_"))
    return ordered


def _take_boot_modules(modules, folder):
    os.mkdir(folder)
    shutil.copy(os.path.join(modules, "modules.devname"), folder)
    table = dependencies(modules)
    with open(os.path.join(modules, "modules.builtin"), encoding="utf-8") as file:
        builtin = {module_name(line.strip()) for line in file}
    absent = [name for name in BOOT_MODULES if name not in table and name not in builtin]
    if absent:
        raise Failed(f"this kernel has no {', '.join(absent)}")
    for number, path in enumerate(closure(BOOT_MODULES, table)):
        shutil.copy(os.path.join(modules, path), os.path.join(folder, f"{number:02}-{module_name(path)}.ko"))
