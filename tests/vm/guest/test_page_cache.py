# SPDX-License-Identifier: GPL-2.0-only
"""What would hurt others on a host that is not ours: memory too small for a file that is read again and again, and a
limit of dirty pages for all."""
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


class HostLimit(OnLoop):
    def setting(self, name, value):
        path = f"/proc/sys/vm/{name}"
        with open(path, encoding="ascii") as file:
            old = file.read()
        with open(path, "w", encoding="ascii") as file:
            file.write(str(value))
        return path, old

    def test_few_dirty_pages_for_all(self):
        device = self.loop(fs="ext4", mebibytes=160)
        ratio = {name: self.setting(name, value)[1] for name, value in
                 (("dirty_ratio", 20), ("dirty_background_ratio", 10))}
        for name, value in ratio.items():
            self.addCleanup(self.setting, name, value)
        self.setting("dirty_bytes", MEBIBYTE)
        self.setting("dirty_background_bytes", MEBIBYTE // 2)
        watch = self.watch().ready()
        subprocess.run(["dd", "if=/dev/zero", f"of={device.path()}", "bs=64k", "count=2048"], check=True,
                       stderr=subprocess.DEVNULL, timeout=300)
        report = watch.stop()
        row = report.row(op="write", target="file", device=device.name)
        self.assertAlmostEqual(row["dirty_pauses"]["limit_bytes"], MEBIBYTE, delta=MEBIBYTE // 8)
        self.assertAlmostEqual(row["dirty_pauses"]["background_bytes"], MEBIBYTE // 2, delta=MEBIBYTE // 8)
        finding = self.finding(report, "dirty-throttle")
        self.assertEqual(finding["subject"]["device"], device.name)
        self.assertIn("the host's dirty page limit (vm.dirty_bytes = 1048576)", finding["summary"])
