# SPDX-License-Identifier: GPL-2.0-only
"""Names that the dentry cache did not have, exactly: the first look at each, and never the second."""
import json
import os
import re
import subprocess
import sys
import unittest

from file_systems import FileSystemCase
from harness import long_only
import hostdev

NAMES, ABSENT, CHANGED, MADE = 200, 50, 30, 10

MAKE = """
import os, sys
os.makedirs(sys.argv[1] + "/names")
for number in range(int(sys.argv[2])):
    os.mknod(sys.argv[1] + "/names/%d" % number)
"""
# Both begin in the directory, watched from the gate on.
LOOK = """
import os, sys
names, absent = int(sys.argv[2]), int(sys.argv[3])
os.chdir(sys.argv[1] + "/names")
os.read(0, 1)
for _ in range(2):
    for number in range(names):
        os.stat(str(number))
for _ in range(2):
    for number in range(absent):
        os.access("absent-%d" % number, os.F_OK)
os._exit(0)
"""
CHANGE = """
import os, sys
changed, made = int(sys.argv[2]), int(sys.argv[3])
os.chdir(sys.argv[1] + "/names")
os.read(0, 1)
for number in range(changed):
    os.unlink(str(number))
    os.rename(str(changed + number), "renamed-%d" % number)
for number in range(made):
    os.mkdir("made-%d" % number)
for number in range(made):
    os.close(os.open(str(2 * changed + number), os.O_RDONLY))
    os.close(os.open("new-%d" % number, os.O_CREAT | os.O_WRONLY))
os._exit(0)
"""


class Lookups(FileSystemCase):
    left_out = ()

    def setUp(self):
        super().setUp()
        run = self.run_iopath("doctor", "--json")
        self.assertEqual(run.status, 0, run.err.decode())
        said = json.loads(run.out)
        dark = [line["reason"] for line in said["coverage"] if line["layer"] == "lookup" and line["how"] == "dark"]
        if dark:
            raise unittest.SkipTest(f"no function can be watched here: {dark[0]}")

    def watched(self, script, folder, *arguments):
        process = self.spawn([sys.executable, "-S", "-E", "-c", script, folder, *map(str, arguments)], stdin=subprocess.PIPE)
        options = ("--no-attach", ",".join(self.left_out)) if self.left_out else ()
        watch = self.watch("-p", process.pid, *options).ready()
        process.stdin.write(b"g")
        process.stdin.flush()
        self.assertEqual(process.wait(60), 0)
        report = watch.stop()
        self.assert_nothing_lost(report)
        rows = [row["lookup"] for row in report["operations"] if row["lookup"]]
        found = tuple(sum(row[name] for row in rows) for name in ("misses", "negative"))
        directory = [row for row in report["lookups"] if row["path"] == folder + "/names" and row["misses"]["count"]]
        return found, directory, rows


class Misses(Lookups):
    def cold(self, fs, mebibytes):
        """A file system on a device, with names that nobody has looked at since it was mounted."""
        device = self.loop(fs=fs, mebibytes=mebibytes)
        subprocess.run([sys.executable, "-c", MAKE, device.mount, str(NAMES)], check=True)
        self.remount(fs, device)
        return device

    def remount(self, fs, device):
        hostdev.unmount(device.mount)
        subprocess.run(["mount", "-t", fs, device.node, device.mount], check=True)

    def assert_exact(self, fs, mebibytes):  # pylint: disable=arguments-differ,arguments-renamed
        device = self.cold(fs, mebibytes)
        found, directory, rows = self.watched(LOOK, device.mount, NAMES, ABSENT)
        self.assertEqual(found, (NAMES + ABSENT, ABSENT))
        self.assertEqual([(row["fs"], row["misses"]["count"], row["misses"]["negative"]) for row in directory],
                         [(fs, NAMES + ABSENT, ABSENT)])
        self.assertEqual(sum(row["components"] or 0 for row in rows), sum(row["paths"] for row in rows))
        self.assert_within(sum(row["device_seconds"] for row in rows), 0, sum(row["seconds"] for row in rows))
        self.remount(fs, device)
        found, directory, _ = self.watched(CHANGE, device.mount, CHANGED, MADE)
        # Unlinked and opened, renamed from; renamed to, made and created: these do not exist.
        self.assertEqual(found, (CHANGED + CHANGED + MADE + CHANGED + MADE + MADE, CHANGED + MADE + MADE))
        self.assertEqual(directory[0]["misses"]["count"], found[0])

    def test_ext4(self):
        self.assert_exact("ext4", 64)

    @long_only
    def test_xfs(self):
        self.assert_exact("xfs", 320)

    @long_only
    def test_btrfs(self):
        self.assert_exact("btrfs", 128)

    @long_only
    def test_tmpfs(self):
        """All names are there but those that do not exist, which it does not keep."""
        folder = self.mounted("tmpfs", "tmpfs")
        subprocess.run([sys.executable, "-c", MAKE, folder, str(NAMES)], check=True)
        found, directory, _ = self.watched(LOOK, folder, NAMES, ABSENT)
        self.assertEqual(found, (2 * ABSENT, 2 * ABSENT))
        self.assertEqual([(row["fs"], row["misses"]["count"]) for row in directory], [("tmpfs", 2 * ABSENT)])
        self.assertEqual(self.watched(CHANGE, folder, CHANGED, MADE)[0], (CHANGED + MADE + MADE,) * 2)

    def test_overlay(self):
        """What it searches below for a name is part of one search."""
        lower, upper = self.loop(fs="ext4"), self.loop(fs="ext4")
        folder = self.overlay(lower.mount, upper.mount)
        subprocess.run([sys.executable, "-c", MAKE, folder, str(NAMES)], check=True)
        options = [line.split()[3] for line in open("/proc/mounts", encoding="utf-8") if line.split()[1] == folder][0]
        hostdev.unmount(folder)
        subprocess.run(["sync"], check=True)
        with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as file:
            file.write("2")
        subprocess.run(["mount", "-t", "overlay", "-o", options, "overlay", folder], check=True)
        found, directory, _ = self.watched(LOOK, folder, NAMES, ABSENT)
        self.assertEqual(found, (NAMES + ABSENT, ABSENT))
        self.assertEqual([(row["fs"], row["misses"]["count"]) for row in directory], [("overlay", NAMES + ABSENT)])

    def test_directories_that_are_read_look_for_nothing(self):
        """Names that readdir finds get their dentries from it on proc."""
        found, _, _ = self.watched("""
import os
os.read(0, 1)
directory = os.open("/proc/self/task", os.O_RDONLY)
os.listdir(directory)
os._exit(0)
""", "/")
        self.assert_within(found[0], 0, 3)  # "self" and what follows


class Reads(Lookups):
    """What ext4 reads for a name that does not exist: every block of a directory without an index, and of one with it
    the way down and one block of names."""
    FILES = 2000
    FILL = """
import os, sys
os.mkdir(sys.argv[1] + "/names")
for number in range(int(sys.argv[2])):
    os.mknod(sys.argv[1] + "/names/%0120d" % number)
"""
    LOOK = """
import os, sys
os.chdir(sys.argv[1] + "/names")
os.read(0, 1)
for _ in range(3):
    os.access("absent", os.F_OK)
os._exit(0)
"""

    def cold_directory(self, *features):
        device = self.loop(mebibytes=64)
        subprocess.run(["mkfs.ext4", "-q", "-b", "4096", *features, device.node], check=True)
        folder = self.mounted("ext4", device.node)
        subprocess.run([sys.executable, "-c", self.FILL, folder, str(self.FILES)], check=True)
        blocks = os.stat(folder + "/names").st_size // 4096
        self.assertGreater(blocks, 50)
        hostdev.unmount(folder)
        return device, folder, blocks

    def reads(self, device, folder, blocks):
        subprocess.run(["mount", "-t", "ext4", device.node, folder], check=True)
        found, (directory,), rows = self.watched(self.LOOK, folder)
        self.assertEqual(found, (1, 1))
        misses = directory["misses"]
        self.assertEqual((misses["reads"], misses["read_bytes"]), (blocks, blocks * 4096))
        self.assertEqual(sum(row["reads"] or 0 for row in rows), blocks)
        self.assertEqual(sum(row["read_bytes"] or 0 for row in rows), blocks * 4096)

    def test_of_a_directory_without_an_index_all_blocks(self):
        self.reads(*self.cold_directory("-O", "^dir_index"))

    def test_of_a_directory_with_an_index_those_on_the_way(self):
        device, folder, _ = self.cold_directory("-O", "dir_index")
        dump = subprocess.run(["debugfs", "-R", "htree_dump /names", device.node], check=True, capture_output=True, text=True).stdout
        levels = int(re.search(r"Indirect levels: (\d+)", dump).group(1))
        self.reads(device, folder, 1 + levels + 1)

    def test_what_is_cached_is_not_read(self):
        folder = self.mounted("tmpfs", "tmpfs")
        subprocess.run([sys.executable, "-c", self.FILL, folder, "10"], check=True)
        _, (directory,), _ = self.watched(self.LOOK, folder)
        self.assertEqual((directory["misses"]["reads"], directory["misses"]["read_bytes"]), (0, 0))

    def test_without_the_event_of_bios_it_is_not_known(self):
        device, folder, _ = self.cold_directory()
        subprocess.run(["mount", "-t", "ext4", device.node, folder], check=True)
        self.left_out = (*self.left_out, "bio_queue")
        _, (directory,), _ = self.watched(self.LOOK, folder)
        self.assertEqual((directory["misses"]["reads"], directory["misses"]["read_bytes"]), (None, None))


class ReadsUntyped(Reads):
    """By kprobes."""
    left_out = ("typed", "fentry")


@long_only
class MissesUntyped(Misses):
    """By kprobes."""
    left_out = ("typed", "fentry")
