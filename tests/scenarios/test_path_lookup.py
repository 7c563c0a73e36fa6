# SPDX-License-Identifier: GPL-2.0-only
"""path-lookup with its cause injected: names of a huge directory that are in no cache, and the same when they are."""
import os
import subprocess
import sys

import hostdev
from findings import number, said
from harness import Case

ENTRIES = 200_000
LOOKED_FOR = 20_000

MAKE = """
import os, sys
os.chdir(sys.argv[1])
for number in range(int(sys.argv[2])):
    os.mknod("entry-%06d" % number)
"""
# Names all over the directory, each once.
FIND = """
import os, sys
folder, entries, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for step in range(count):
    os.stat("%s/entry-%06d" % (folder, step * 7919 % entries))
"""


class HugeDirectory(Case):
    def find(self, folder, count):
        return [sys.executable, "-S", "-E", "-c", FIND, folder, str(ENTRIES), str(count)]

    def huge(self):
        device = self.loop(mebibytes=256)
        subprocess.run([hostdev.tool("mkfs.ext4"), "-q", "-F", "-N", str(ENTRIES + 1000), device.node], check=True)
        device.mount = self.fresh("mount")
        os.mkdir(device.mount)
        subprocess.run(["mount", "-t", "ext4", "-o", "noinit_itable", device.node, device.mount], check=True)
        # What it reads comes from the disk, where the file system of its file can do that.
        subprocess.run([hostdev.tool("losetup"), "--direct-io=on", device.node], capture_output=True, check=False)
        folder = device.path("huge")
        os.mkdir(folder)
        subprocess.run([sys.executable, "-S", "-E", "-c", MAKE, folder, str(ENTRIES)], check=True, timeout=100)
        return device, folder

    def test_names_that_are_in_no_cache(self):
        device, folder = self.huge()
        hostdev.unmount(device.mount)
        subprocess.run(["mount", "-t", "ext4", device.node, device.mount], check=True)
        report = self.diagnose(cmd=self.find(folder, LOOKED_FOR)).report
        # A lack of processors is the machine's, above all where it is emulated.
        finding = next(one for one in report["findings"] if one["id"] != "cpu-contention")
        self.assertEqual(finding["id"], "path-lookup", report["findings"])
        self.assertEqual((finding["subject"]["path"], finding["subject"]["device"]), (folder, device.name))
        row, = [row for row in report["lookups"] if row["path"] == folder]
        self.assertEqual((row["fs"], row["device"]), ("ext4", device.name))
        self.assertGreater(row["slow"]["device_seconds"], 0)
        if row["misses"] is None:
            self.assertEqual(number(finding, "huge: NUMBER operations"), row["slow"]["count"])
            self.assertIn("this kernel does not tell", said(finding))
            return
        self.assertEqual(row["misses"]["count"], LOOKED_FOR)
        self.assertEqual(row["misses"]["negative"], 0)
        self.assertEqual(number(finding, "huge: NUMBER names not cached"), LOOKED_FOR)

    def test_names_that_are_cached_are_no_finding(self):
        _, folder = self.huge()
        subprocess.run(self.find(folder, LOOKED_FOR), check=True)
        report = self.diagnose(cmd=self.find(folder, LOOKED_FOR)).report
        self.assertNotIn("path-lookup", report.finding_ids())
        misses = [row["misses"]["count"] for row in report["lookups"] if row["path"] == folder and row["misses"]]
        self.assertEqual(sum(misses), 0)
