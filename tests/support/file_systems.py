# SPDX-License-Identifier: GPL-2.0-only
"""A fixed workload, whose operations and bytes are the same on every file system, and file systems to run it on."""
import os
import subprocess
import sys

import hostdev
from harness import Case

# What it does to its files is said below; all of it by descriptors, which tell the file system.
WORKLOAD = """
import os, sys
folder = sys.argv[1]
def opened(name, flags=os.O_RDWR | os.O_CREAT):
    return os.open(folder + "/" + name, flags)
one, two = opened("one"), opened("two")
for i in range(20):
    os.pwrite(one, b"x" * 4096, i * 4096)
for i in range(5):
    os.write(two, b"y" * 100)
for i in range(10):
    assert len(os.pread(one, 4096, i * 8192)) == 4096
assert len(os.pread(two, 1000, 0)) == 500 and os.pread(two, 1000, 500) == b""
os.fsync(one), os.fdatasync(two), os.fsync(two)
os.ftruncate(two, 50)
for i in range(4):
    os.fstat(one)
os.close(one), os.close(two)
again = opened("one", os.O_RDONLY)
assert len(os.read(again, 100000)) == 81920 and os.read(again, 100) == b""
os.close(again)
os.rename(folder + "/one", folder + "/three"), os.unlink(folder + "/three"), os.unlink(folder + "/two")
"""
# (count, bytes) by op.
DONE = {"open": (3, 0), "write": (25, 20 * 4096 + 500), "read": (14, 10 * 4096 + 500 + 81920), "sync": (3, 0),
        "metadata": (5, 0), "close": (3, 0)}


class FileSystemCase(Case):
    def assert_exact(self, folder, fs, device, options=()):
        """The workload there is counted exactly, under this type and device, file by file."""
        run = self.diagnose(*options, "--by", "file", cmd=[sys.executable, "-S", "-E", "-c", WORKLOAD, folder])
        found, places = {}, set()
        for row in run.report["operations"]:
            if (row["path"] or "").startswith(folder + "/"):
                count, size = found.get(row["op"], (0, 0))
                found[row["op"]] = (count + row["count"], size + row["bytes"])
                places.add((row["fs"], row["device"]))
        self.assertEqual(found, DONE)
        self.assertEqual(places, {(fs, device)})
        self.assert_nothing_lost(run.report)
        return run.report

    def assert_exact_everywhere(self, folder, fs, device=""):
        """At system calls and by functions, where these can be watched; in both flavours."""
        for options in ((), ("--no-attach", "typed")):
            with self.subTest(options=options):
                self.assert_exact(folder, fs, device, options)

    def mounted(self, fs, source, options="defaults"):
        """A new mount of this, or the test is skipped where the kernel has no such file system."""
        folder = self.fresh(fs)
        os.mkdir(folder)
        done = subprocess.run(["mount", "-i", "-t", fs, "-o", options, source, folder], capture_output=True, text=True, check=False)
        if done.returncode:
            if "unknown filesystem" in done.stderr:
                self.skipTest(f"this kernel has no {fs}")
            self.fail(f"mount -t {fs}: {done.stderr}")
        self.addCleanup(hostdev.unmount, folder)
        return folder

    def overlay(self, lower, upper):
        """An overlay on a folder below each of these."""
        lower, upper, work = os.path.join(lower, "lower"), os.path.join(upper, "upper"), os.path.join(upper, "work")
        for folder in (lower, upper, work):
            os.makedirs(folder, exist_ok=True)
        return self.mounted("overlay", "overlay", f"lowerdir={lower},upperdir={upper},workdir={work}")

    def served_by_bindfs(self, below):
        """A FUSE mount; (folder, process of its daemon)."""
        folder = self.fresh("fuse")
        os.mkdir(folder)
        if not os.path.exists("/dev/fuse") and subprocess.run(["modprobe", "fuse"], capture_output=True, check=False).returncode:
            self.skipTest("this kernel has no FUSE")
        daemon = self.spawn([hostdev.tool("bindfs"), "-f", below, folder])
        for _ in range(100):
            if os.path.ismount(folder):
                self.addCleanup(hostdev.unmount, folder)
                return folder, daemon
            try:
                daemon.wait(0.1)
                break
            except subprocess.TimeoutExpired:
                pass
        self.skipTest("bindfs does not mount here")
