# SPDX-License-Identifier: GPL-2.0-only
"""Private devices, mounts and cgroups for a test; whatever they make is undone, also by a later run
where this one was killed (the name of every backing file carries its owner's pid)."""
import os
import re
import subprocess
import time
import unittest

BACKING = re.compile(r"iopath-test-(\d+)-[^/]*\.img$")
CGROUP_PREFIX = "iopath-test-"


def run(*command, check=True):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip() or done.returncode}")
    return done.stdout


def tool(name):
    """The path of a program, or the test is skipped for the lack of it."""
    for folder in os.environ.get("PATH", "").split(":") + ["/usr/sbin", "/sbin"]:
        path = os.path.join(folder, name)
        if os.access(path, os.X_OK):
            return path
    raise unittest.SkipTest(f"{name} is not installed")


def unmount(path):
    for _ in range(50):
        if subprocess.run(["umount", path], capture_output=True, check=False).returncode == 0:
            return
        time.sleep(0.1)
    subprocess.run(["umount", "-l", path], capture_output=True, check=False)


def statistics(disk):
    """Of /sys/block/DISK/stat: requests done, flushes among them, and bytes."""
    with open(f"/sys/block/{disk}/stat", encoding="ascii") as file:
        fields = [int(word) for word in file.read().split()]
    return {"read": fields[0], "write": fields[4], "flush": fields[15] if len(fields) > 15 else 0,
            "discard": fields[11], "read_bytes": fields[2] * 512, "write_bytes": fields[6] * 512,
            "discard_bytes": fields[13] * 512}


def given_disk():
    """The node of the first disk that this guest was given for tests, or the test is skipped."""
    disks = os.environ.get("IOPATH_VM_DISKS", "").split()
    if not disks:
        raise unittest.SkipTest("no disk was given to this guest: scripts/vm --disk virtio:2G")
    return disks[0]


class LoopDevice:
    """A file behind a loop device of its own, optionally with a mounted file system."""

    # Nothing may write behind the test's back: inode tables and journal are made at once.
    MKFS = {"ext4": ["mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0"],
            "xfs": ["mkfs.xfs", "-q", "-f"], "btrfs": ["mkfs.btrfs", "-q", "-f"]}

    def __init__(self, folder, mebibytes=64, fs=None, read_only=False):
        self.mount = None
        self.node = None
        self.backing = os.path.join(folder, f"iopath-test-{os.getpid()}-{time.monotonic_ns()}.img")
        if not os.path.exists("/dev/loop-control"):
            raise unittest.SkipTest("this kernel has no loop devices")
        try:
            self._make(folder, mebibytes, fs, read_only)
        except BaseException:
            self.close()
            raise

    def _make(self, folder, mebibytes, fs, read_only):
        with open(self.backing, "wb") as image:
            # Allocated, so that reads are not answered from a hole.
            os.posix_fallocate(image.fileno(), 0, mebibytes << 20)
        if fs:
            run(tool(self.MKFS[fs][0]), *self.MKFS[fs][1:], self.backing)
        for attempt in range(10):  # another may take the free device between the look and the grab
            try:
                self.node = run(tool("losetup"), "-f", "--show", self.backing).strip()
                break
            except RuntimeError as error:
                if attempt == 9:
                    raise unittest.SkipTest(f"no free loop device: {error}") from None
                time.sleep(0.2)
        if fs:
            self.mount = os.path.join(folder, f"mnt-{os.path.basename(self.node)}-{time.monotonic_ns()}")
            os.mkdir(self.mount)
            options = "ro" if read_only else "noinit_itable" if fs == "ext4" else "defaults"
            try:
                run(tool("mount"), "-t", fs, "-o", options, self.node, self.mount)
            except RuntimeError as error:
                if "unknown filesystem" in str(error):
                    raise unittest.SkipTest(f"this kernel has no {fs}") from None
                raise
            os.sync()

    @property
    def name(self):
        return os.path.basename(self.node)

    def path(self, name="file"):
        return os.path.join(self.mount, name)

    def statistics(self):
        return statistics(self.name)

    def close(self):
        if self.mount:
            unmount(self.mount)
            if os.path.isdir(self.mount):
                os.rmdir(self.mount)
            self.mount = None
        if self.node:
            subprocess.run(["losetup", "-d", self.node], capture_output=True, check=False)
            self.node = None
        if os.path.exists(self.backing):
            os.unlink(self.backing)


def cgroup_mount(wanted):
    """Where the first hierarchy is mounted whose type and super options `wanted` accepts."""
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        for line in mounts:
            left, _, right = line.partition(" - ")
            if wanted(right.split()[0], right.split()[2].split(",")):
                return left.split()[4]
    return None


def cgroup2_root():
    """Where the unified hierarchy is mounted, or the test is skipped."""
    root = cgroup_mount(lambda kind, options: kind == "cgroup2")
    if not root:
        raise unittest.SkipTest("no cgroup2 hierarchy is mounted")
    return root


def blkio_root():
    """Where version 1 has its block controller; None where it has none."""
    return cgroup_mount(lambda kind, options: kind == "cgroup" and "blkio" in options)


def enable_controllers(*names):
    """Are these controllers there for cgroups below the root of the unified hierarchy?"""
    try:
        with open(os.path.join(cgroup2_root(), "cgroup.subtree_control"), "r+", encoding="ascii") as control:
            control.write(" ".join("+" + name for name in names))
        with open(os.path.join(cgroup2_root(), "cgroup.subtree_control"), encoding="ascii") as control:
            return set(names) <= set(control.read().split())
    except OSError:
        return False


class Cgroup:
    """A cgroup for processes of one test, of the unified hierarchy unless another root is given."""

    def __init__(self, suffix="", root=None):
        name = f"{CGROUP_PREFIX}{os.getpid()}-{time.monotonic_ns()}{suffix}"
        self.path = os.path.join(root or cgroup2_root(), name)
        try:
            os.mkdir(self.path)
        except OSError as error:
            raise unittest.SkipTest(f"no cgroup can be made: {error}") from None

    def join(self):
        """For preexec_fn: moves the calling process in."""
        with open(os.path.join(self.path, "cgroup.procs"), "w", encoding="ascii") as file:
            file.write("0")

    def close(self):
        for _ in range(50):  # an exited process leaves its cgroup a moment later
            try:
                os.rmdir(self.path)
                return
            except FileNotFoundError:
                return
            except OSError:
                time.sleep(0.05)

    def write(self, name, text):
        with open(os.path.join(self.path, name), "w", encoding="ascii") as file:
            file.write(text)


class LimitedCgroup(Cgroup):
    """A cgroup whose reads of a disk are limited to so many a second: io.max, or what version 1 has for it."""

    def __init__(self, disk, reads):
        with open(f"/sys/block/{disk}/dev", encoding="ascii") as file:
            number = file.read().strip()
        version_2 = enable_controllers("io")
        if not version_2 and not blkio_root():
            raise unittest.SkipTest("no cgroups have a block controller here")
        super().__init__("", None if version_2 else blkio_root())
        self.file, text = ("io.max", f"{number} riops={reads}") if version_2 else (
            "blkio.throttle.read_iops_device", f"{number} {reads}")
        try:
            self.write(self.file, text)
        except OSError as error:
            self.close()
            raise unittest.SkipTest(f"this kernel limits no cgroup's requests: {error}") from None


def alive(pid):
    return os.path.exists(f"/proc/{pid}")


def sweep():
    """Undoes what killed runs left: mounts, loop devices and cgroups whose owner is gone."""
    listing = subprocess.run(["losetup", "-n", "-O", "NAME,BACK-FILE"], capture_output=True, text=True,
                             check=False).stdout
    for line in listing.splitlines():
        node, _, backing = line.strip().partition(" ")
        found = BACKING.search(backing.replace(" (deleted)", "").strip())
        if not found or alive(int(found.group(1))):
            continue
        with open("/proc/self/mounts", encoding="utf-8") as mounts:
            for mount in [entry.split()[1] for entry in mounts if entry.split()[0] == node]:
                unmount(mount)
        subprocess.run(["losetup", "-d", node], capture_output=True, check=False)
        path = backing.replace(" (deleted)", "").strip()
        if os.path.exists(path):
            os.unlink(path)
    for root in filter(None, (cgroup_mount(lambda kind, options: kind == "cgroup2"), blkio_root())):
        for name in os.listdir(root):
            if name.startswith(CGROUP_PREFIX) and not alive(name[len(CGROUP_PREFIX):].partition("-")[0]):
                try:
                    os.rmdir(os.path.join(root, name))
                except OSError:
                    pass  # somebody lives in it
