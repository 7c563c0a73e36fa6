# SPDX-License-Identifier: GPL-2.0-only
"""What would hurt others on a host that is not ours: memory too small for a file that is read again and again."""
import os
import subprocess
import unittest

import hostdev
from findings import number
from harness import Case

MEBIBYTE = 1 << 20
PAGES = 32 * 256
TIMES = 3


class OnLoop(Case):
    def finding(self, report, identity):
        found = next((one for one in report["findings"] if one["id"] == identity), None)
        self.assertIsNotNone(found, report.finding_ids())
        return found


class TooSmall(OnLoop):
    def refaults(self, group):
        with open(os.path.join(group.path, "memory.stat"), encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("workingset_refault_file"))

    def test_pages_that_had_been_dropped_are_told(self):
        if not hostdev.enable_controllers("memory"):
            raise unittest.SkipTest("no memory controller for cgroups here")
        device = self.loop(fs="ext4", mebibytes=128)
        path = device.path()
        subprocess.run(["dd", "if=/dev/zero", f"of={path}", "bs=1M", "count=32", "conv=fsync"], check=True, stderr=subprocess.DEVNULL)
        hostdev.run("sh", "-c", "echo 3 > /proc/sys/vm/drop_caches")
        group = self.cgroup()
        group.write("memory.max", str(16 * MEBIBYTE))
        reader = self.gated("read-again", path, TIMES, preexec_fn=group.join)
        watch = self.watch("-p", reader.pid).ready()
        before = self.refaults(group)
        self.open_gate(reader)
        report = watch.stop()
        again = self.refaults(group) - before
        row = report.row(op="read", target="file", device=device.name, interface="syscall")
        if row["cache"] is None or row["cache"]["read_again"] is None:
            raise unittest.SkipTest("this kernel does not tell what is brought in again")
        self.assertEqual(row["cache"]["pages"], TIMES * PAGES)
        self.assertGreater(again, PAGES)
        # Of its program a few pages, too; and what CPUs have counted the kernel adds up in batches.
        self.assert_within(row["cache"]["read_again"], again - 300, again + 300)
        finding = self.finding(report, "cache-miss")
        self.assertIn("had to drop", finding["summary"])
        self.assertEqual(number(finding, "NUMBER of [0-9,]* pages brought in"), row["cache"]["read_again"])
