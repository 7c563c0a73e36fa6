# SPDX-License-Identifier: GPL-2.0-only
"""--fs: of two file systems at work beside each other one alone is told of, and all of it."""
import json
import os
import subprocess
import sys

from harness import Case

WRITES, BYTES = 25, 4096
FAILING = 4
FAIL = """
import os, sys
directory = os.open(sys.argv[1], os.O_RDONLY)
os.read(0, 1)
for _ in range(int(sys.argv[2])):
    try:
        os.read(directory, 1)
    except IsADirectoryError:
        pass
os._exit(0)
"""


class FileSystemScope(Case):
    """`flavour`: options that decide which programs run."""
    flavour = ()

    def both(self, *options):
        """The report on processes that do the same on ext4, xfs and btrfs, and the devices of these."""
        devices = {fs: self.loop(fs=fs, mebibytes=400) for fs in ("ext4", "xfs", "btrfs")}
        tasks = []
        for device in devices.values():
            with open(device.path("cold"), "wb") as file:
                file.write(os.urandom(200 * 4096))
                os.fsync(file.fileno())
            tasks.append(self.gated("write-fsync", device.path("file"), WRITES, BYTES))
            tasks.append(self.gated("cached-reads", device.path("cold"), "at-random", 1, "pread"))
            tasks.append(self.spawn([sys.executable, "-S", "-E", "-c", FAIL, device.mount, str(FAILING)], stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE))
        watch = self.watch(*options, *self.flavour).ready()
        for task in tasks:
            task.stdin.write(b"g")
            task.stdin.close()
        for task in tasks:
            self.assertEqual(task.wait(60), 0)
        return watch.stop(), {fs: device.name for fs, device in devices.items()}

    def assert_only(self, fs):
        report, devices = self.both("--fs", fs)
        self.assertEqual({row["fs"] for row in report["operations"]}, {fs})
        failed = [(row["op"], row["errno"], row["fs"], row["count"]) for row in report["failures"]]
        self.assertEqual(failed, [("read", "EISDIR", fs, FAILING)])
        self.assertEqual({row["fs"] for row in report["in_flight"]} | {fs}, {fs})
        self.assertEqual({row["fs"] for row in report["lookups"]} | {fs}, {fs})
        device = devices.pop(fs)
        for op in ("write", "sync"):
            row = report.row(op=op, target="file", device=device)
            self.assertEqual(row["count"], WRITES, op)
        self.assertEqual(report.row(op="write", target="file", device=device)["bytes"], WRITES * BYTES)
        cache = report.row(op="read", target="file", device=device)["cache"]
        if cache is not None:
            self.assertEqual(cache["pages"], 100)
        for section in ("block", "commits", "block_errors"):
            found = {row["device"] for row in report[section]}
            self.assertFalse(found & set(devices.values()), (section, found))
        self.assertIn(device, {row["device"] for row in report["block"]})
        self.assertEqual(device in {row["device"] for row in report["commits"]}, fs == "ext4")

    def test_ext4(self):
        self.assert_only("ext4")

    def test_xfs(self):
        self.assert_only("xfs")

    def test_btrfs(self):
        self.assert_only("btrfs")


class FileSystemScopeUntyped(FileSystemScope):
    flavour = ("--no-attach", "typed")


class Types(Case):
    def test_an_unknown_type_is_refused_and_the_known_are_named(self):
        self.loop(fs="ext4")
        for type_ in ("ext5", "ext4,xfs", "EXT4"):
            done = self.run_iopath("diagnose", "--fs", type_, "--duration", "0.1")
            said = done.err.decode()
            self.assertEqual((done.status, done.out), (1, b""), said)
            self.assertIn("no such type of file system: " + type_, said)
            self.assertRegex(said.replace("\n", " "), r"mounted here: .*\bext4\b")

    def test_a_type_that_is_mounted_nowhere_is_fine(self):
        with open("/proc/filesystems", encoding="ascii") as file:
            types = {line.split()[-1] for line in file}
        with open("/proc/self/mounts", encoding="utf-8") as file:
            unused = sorted(types - {line.split()[2] for line in file})
        done = self.run_iopath("diagnose", "--json", "--fs", unused[0], "--duration", "0.1")
        self.assertEqual(done.status, 0, done.err.decode())
        report = json.loads(done.out)
        self.assertEqual((report["operations"], report["block"], report["commits"]), ([], [], []))
