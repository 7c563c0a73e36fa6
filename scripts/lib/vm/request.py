# SPDX-License-Identifier: GPL-2.0-only
"""What is asked for: a kernel, a machine, and what the guest is given. Checked before anything is made."""
import os
import posixpath
import re
from dataclasses import dataclass, field

from .architectures import ARCHITECTURES, NATIVE, elf_machine, is_whole, name_of
from .errors import Refused

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
DISK_KINDS = ("virtio", "nvme", "scsi")
DISK_SIZE = 1 << 30
UNITS = {"K": 10, "M": 20, "G": 30, "T": 40}
HOME = "/root"
LINK_NETWORK = "10.35.0"
SOCKET_PATH = 100  # bytes that there may be


@dataclass(frozen=True)
class Disk:
    kind: str
    size: int = DISK_SIZE
    queues: int = 1
    path: str = ""  # of its contents, which are shared with other guests; "": its own, and empty


@dataclass(frozen=True)
class Link:
    """One end of a cable between two guests."""

    folder: str
    number: int  # 1 or 2

    def socket(self, number):
        return os.path.join(self.folder, f"link{number}")

    def address(self):
        return f"{LINK_NETWORK}.{self.number}"


@dataclass
class Request:
    """One guest; the command line's options have the same names."""

    kernel: str
    command: list
    disks: list = field(default_factory=list)
    link: Link | None = None
    modules: list = field(default_factory=list)
    cpus: int = 0  # 0: two, or as many as the disk with the most queues has queues
    memory: int = 1024
    append: str = ""
    timeout: float = 120
    silence: float = 0  # without any output; 0: as long as it likes
    files: list = field(default_factory=list)  # (path here, path there)
    fetch: list = field(default_factory=list)  # (path there, path here)
    iopath: str = ""  # "": the build's
    with_iopath: bool = True
    workload: str = ""
    tests: bool = False
    packages: list = field(default_factory=list)
    headers: bool = False  # the kernel's, for programs that compile at run time
    monitor: str = ""
    verbose: bool = False

    def processors(self):
        return self.cpus or max([2] + [disk.queues for disk in self.disks])


def parse_disk(text):
    """KIND[:SIZE][:QUEUES], such as nvme:512M:4; a bare number is a number of queues."""
    kind, *rest = text.split(":")
    if kind not in DISK_KINDS:
        raise Refused(f"unknown disk kind '{kind}': one of {', '.join(DISK_KINDS)}")
    size, queues = DISK_SIZE, 1
    for part in rest:
        if re.fullmatch(r"[1-9]\d*[KMGT]", part):
            size = int(part[:-1]) << UNITS[part[-1]]
        elif re.fullmatch(r"[1-9]\d*", part) and int(part) <= 64:
            queues = int(part)
        else:
            raise Refused(f"bad disk '{text}': KIND[:SIZE][:QUEUES], such as nvme:512M:4")
    return Disk(kind, size, queues)


def parse_share(text):
    if not os.path.isfile(text):
        raise Refused(f"--share: no such file: {text}")
    size = os.path.getsize(text)
    if size == 0 or size % 512:
        raise Refused(f"--share: {text} has {size} bytes, a disk has a multiple of 512")
    if not os.access(text, os.R_OK | os.W_OK):
        raise Refused(f"--share: {text} cannot be read and written")
    return Disk("virtio", size, path=os.path.abspath(text))


def parse_link(text):
    folder, colon, number = text.rpartition(":")
    if not colon or not folder or number not in ("1", "2"):
        raise Refused(f"--link wants FOLDER:1 or FOLDER:2, not '{text}'")
    if not os.path.isdir(folder):
        raise Refused(f"--link: no such folder: {folder}")
    link = Link(os.path.abspath(folder), int(number))
    if len(os.fsencode(link.socket(number))) > SOCKET_PATH:
        raise Refused(f"--link: the path of a socket has at most {SOCKET_PATH} bytes: {link.socket(number)}")
    return link


def parse_file(text):
    """HOST[:GUEST]; by default it lands in the directory that the command starts in."""
    here, there = text, ""
    if not os.path.exists(text) and ":" in text:
        here, _, there = text.rpartition(":")
    if not os.path.exists(here):
        raise Refused(f"--file: no such file: {here}")
    there = there or posixpath.join(HOME, os.path.basename(os.path.abspath(here)))
    return os.path.abspath(here), guest_path(there, "--file")


def parse_fetch(text):
    there, colon, here = text.partition(":")
    if not (there and colon and here):
        raise Refused(f"--fetch wants GUEST:HOST, not '{text}'")
    if not os.path.isdir(os.path.dirname(os.path.abspath(here))):
        raise Refused(f"--fetch: no such folder: {os.path.dirname(os.path.abspath(here))}")
    return guest_path(there, "--fetch"), os.path.abspath(here)


def guest_path(path, option):
    normal = posixpath.normpath(posixpath.join(HOME, path))
    if normal == "/":
        raise Refused(f"{option}: '{path}' is the guest's root")
    return normal


def binary(named, build, architecture, option):
    """A program for that architecture: the named one, or the build's."""
    folder = "dev" if architecture == NATIVE else architecture
    path = os.path.abspath(named) if named else os.path.join(ROOT, "build", folder, build)
    if not os.path.isfile(path):
        shown = path if named else os.path.relpath(path, ROOT)
        remedy = "build it first (scripts/quickstart builds iopath)" if not named and architecture == NATIVE else ""
        raise Refused(f"{shown} is not there: {remedy + ', or ' if remedy else ''}name one with {option}"
                      + (", or do without (--no-iopath)" if option == "--iopath" else ""))
    machine = elf_machine(path)
    # A script is fine anywhere.
    if machine is not None and machine != ARCHITECTURES[architecture].elf_machine:
        raise Refused(f"{path} is for {name_of(machine)}, the guest is {architecture}: name another with {option}")
    if not is_whole(path):
        raise Refused(f"{path} is no whole program: wait for its build to end, or name another with {option}")
    return path


def check(request, architecture):
    """Refuses what cannot work; fills in the paths of the programs."""
    if not request.command:
        raise Refused("no command: scripts/vm KERNEL [OPTIONS] -- CMD [ARGS]")
    if request.cpus < 0 or request.cpus > 64 or request.memory < 192:
        raise Refused("--cpus is 1 to 64, --memory at least 192")
    for name in request.modules:
        if not re.fullmatch(r"[\w-]+", name):
            raise Refused(f"bad module name '{name}'")
    for name in request.packages:
        if not re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", name):
            raise Refused(f"bad package name '{name}'")
    if any("\0" in word for word in request.command):
        raise Refused("a command cannot hold NUL")
    if request.with_iopath:
        request.iopath = binary(request.iopath, "iopath", architecture, "--iopath")
    if request.tests or request.workload:
        request.workload = binary(request.workload, "tests/workload", architecture, "--workload")
    if request.monitor and len(os.fsencode(os.path.abspath(request.monitor))) > SOCKET_PATH:
        raise Refused(f"--monitor: the path of a socket has at most {SOCKET_PATH} bytes")
