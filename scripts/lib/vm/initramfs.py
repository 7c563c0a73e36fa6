# SPDX-License-Identifier: GPL-2.0-only
"""What a guest gets at boot: /init, the modules that lead to its root file system, and the payload,
which is moved there: programs, files and the command."""
import os
import shlex
import shutil
import stat
import subprocess
import tempfile

from .request import ROOT

GUEST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "guest")


class Cpio:
    """Writes a cpio archive of the kind that the kernel unpacks."""

    def __init__(self, file):
        self.file = file
        self.inode = 0
        self.made = set()

    def _entry(self, name, mode, size=0, device=(0, 0)):
        self.inode += 1
        name = os.fsencode(name) + b"\0"
        fields = (self.inode, mode, 0, 0, 1, 0, size, 0, 0, *device, len(name), 0)
        self.file.write(b"070701" + b"".join(b"%08X" % field for field in fields) + name)
        self._align()

    def _align(self):
        self.file.write(bytes(-self.file.tell() % 4))

    def folder(self, name):
        """With those above it."""
        if name and name not in self.made:
            self.folder(os.path.dirname(name))
            self.made.add(name)
            self._entry(name, stat.S_IFDIR | 0o755)

    def device(self, name, major, minor):
        self.folder(os.path.dirname(name))
        self._entry(name, stat.S_IFCHR | 0o600, device=(major, minor))

    def data(self, name, data, mode=0o644):
        self.folder(os.path.dirname(name))
        self._entry(name, stat.S_IFREG | mode, len(data))
        self.file.write(data)
        self._align()

    def copy(self, name, path):
        """A file, link or folder with all that is in it."""
        found = os.lstat(path)
        if stat.S_ISLNK(found.st_mode):
            target = os.fsencode(os.readlink(path))
            self.folder(os.path.dirname(name))
            self._entry(name, stat.S_IFLNK | 0o777, len(target))
            self.file.write(target)
            self._align()
        elif stat.S_ISDIR(found.st_mode):
            self.folder(name)
            for child in sorted(os.listdir(path)):
                if child not in ("__pycache__", ".git"):
                    self.copy(os.path.join(name, child), os.path.join(path, child))
        elif stat.S_ISREG(found.st_mode):
            with open(path, "rb") as file:
                self.data(name, file.read(), stat.S_IMODE(found.st_mode) | 0o444)

    def end(self):
        self._entry("TRAILER!!!", 0)


def stripped(path):
    """A program without what only a debugger reads, which is most of a development build."""
    for tool in ("llvm-objcopy", "objcopy"):
        if shutil.which(tool):
            with tempfile.NamedTemporaryFile() as file:
                done = subprocess.run([tool, "--strip-debug", path, file.name], capture_output=True, check=False)
                if done.returncode == 0:
                    with open(file.name, "rb") as result:
                        return result.read()
    with open(path, "rb") as file:
        return file.read()


def settings(request, kernel):
    """For guest/init and guest/start, which source it."""
    words = {"MODULES": " ".join(request.modules), "DISK_KINDS": " ".join(disk.kind for disk in request.disks),
             "LINK": request.link.address() if request.link else "", "KERNEL": kernel.name, "FETCH": "yes" if request.fetch else "",
             "HEADERS": "yes" if request.headers else ""}
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in words.items())


def shell_words(words):
    return b" ".join(os.fsencode(shlex.quote(word)) for word in words)


def _nodes(cpio, files):
    cpio.folder("nodes")
    for name, major, minor in files.static_nodes():
        cpio.device(f"nodes/{name}", major, minor)


def write(path, request, kernel, files, rootfs):
    with open(path, "wb") as file:
        cpio = Cpio(file)
        cpio.device("dev/console", 5, 1)
        for name in ("proc", "sys", "lower", "rw", "new"):
            cpio.folder(name)
        cpio.copy("init", os.path.join(GUEST, "init"))
        cpio.copy("bin/busybox", rootfs.busybox)
        for module in files.boot_modules():
            cpio.copy(f"modules/{os.path.basename(module)}", module)
        _nodes(cpio, files)
        _payload(cpio, request, kernel)
        cpio.end()


def _payload(cpio, request, kernel):
    def add(where, path, program=False):
        if program:
            cpio.data("payload" + where, stripped(path), 0o755)
        else:
            cpio.copy("payload" + where, os.path.realpath(path))

    add("/iopath/start", os.path.join(GUEST, "start"))
    cpio.data("payload/iopath/settings", os.fsencode(settings(request, kernel)))
    cpio.data("payload/iopath/command", b"exec -- " + shell_words(request.command) + b"\n")
    if request.fetch:
        cpio.data("payload/iopath/fetch", b"".join(os.fsencode(there) + b"\0" for there, _ in request.fetch))
    cpio.folder("payload/iopath/bin")
    if request.iopath:
        add("/iopath/bin/iopath", request.iopath, program=True)
    if request.workload:
        add("/iopath/bin/workload", request.workload, program=True)
    if request.tests:
        add("/iopath/tests", os.path.join(ROOT, "tests"))
    for here, there in request.files:
        add(there, here)
