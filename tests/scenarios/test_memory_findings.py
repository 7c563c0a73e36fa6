# SPDX-License-Identifier: GPL-2.0-only
"""dirty-throttle and memory-reclaim with their causes injected: a device that is allowed few dirty pages, a memory
cgroup too small for what is written in it."""
import os
import unittest

import hostdev
from findings import number
from harness import Case

MEBIBYTE = 1 << 20


class Writers(Case):
    def dd(self, path, mebibytes):
        return ["dd", "if=/dev/zero", f"of={path}", "bs=64k", f"count={16 * mebibytes}"]

    def finding(self, report, identity):
        found = next((one for one in report["findings"] if one["id"] == identity), None)
        self.assertIsNotNone(found, report.finding_ids())
        self.assertEqual(found["layer"], "memory")
        return found


class DirtyThrottle(Writers):
    def set(self, path, value):
        with open(path, "w", encoding="ascii") as file:
            file.write(str(value))

    def limit(self, device, mebibytes):
        """Only so many dirty pages of this device, however few there are in all."""
        folder = f"/sys/class/bdi/{os.major(os.stat(device.node).st_rdev)}:{os.minor(os.stat(device.node).st_rdev)}"
        try:
            for name, value in (("max_bytes", mebibytes * MEBIBYTE), ("strict_limit", 1)):
                self.set(f"{folder}/{name}", value)
        except OSError as error:
            raise unittest.SkipTest(f"this kernel has no such limits of devices: {error}") from None
        # The number, and its limits with it, will be another's: as the kernel has them at first.
        self.addCleanup(self.set, f"{folder}/max_ratio", 100)
        self.addCleanup(self.set, f"{folder}/strict_limit", 0)

    def test_the_limit_of_a_device(self):
        device = self.loop(fs="ext4", mebibytes=256)
        self.limit(device, 8)
        report = self.diagnose(cmd=self.dd(device.path(), 96)).report
        row = report.row(op="write", target="file", device=device.name)
        self.assertGreater(row["dirty_pauses"]["device_limit_only"], 0.9 * row["dirty_pauses"]["count"])
        self.assertLess(row["dirty_pauses"]["device_limit_bytes"], 9 * MEBIBYTE)
        finding = self.finding(report, "dirty-throttle")
        self.assertEqual(finding["subject"]["device"], device.name)
        self.assertIn(f"the dirty page limit of {device.name} itself", finding["summary"])
        self.assertEqual(number(finding, "NUMBER pauses"), row["dirty_pauses"]["count"])
        self.assertAlmostEqual(finding["seconds"], report.stage("throttle", device=device.name), delta=1e-3)

    def test_without_it_it_is_no_finding(self):
        device = self.loop(fs="ext4", mebibytes=256)
        report = self.diagnose(cmd=self.dd(device.path(), 16)).report
        self.assertNotIn("dirty-throttle", report.finding_ids())


class SmallMemory(Writers):
    """Of a hierarchy of version 1; what version 2 does is for guests."""

    def group(self, mebibytes):
        root = hostdev.cgroup_mount(lambda kind, options: kind == "cgroup" and "memory" in options)
        if not root:
            raise unittest.SkipTest("no hierarchy of version 1 has a memory controller here")
        group = hostdev.Cgroup("", root)
        self.addCleanup(group.close)
        group.write("memory.limit_in_bytes", str(mebibytes * MEBIBYTE))
        return group

    def inside(self, group, command):
        """A shell moves itself in, so that iopath does not live there."""
        return ["sh", "-c", 'echo 0 > "$1/cgroup.procs" && shift && exec "$@"', "sh", group.path, *command]

    def test_writes_in_a_cgroup_at_its_limit(self):
        group = self.group(16)
        device = self.loop(fs="ext4", mebibytes=256)
        report = self.diagnose(cmd=self.inside(group, self.dd(device.path(), 128))).report
        row = report.row(op="write", target="file", device=device.name)
        self.assertGreater(row["reclaims"]["limit"], 100)
        finding = self.finding(report, "memory-reclaim")
        self.assertIn("their memory cgroup was at its limit", finding["summary"])
        self.assertAlmostEqual(finding["seconds"], report.stage("reclaim"), delta=1e-3)

    def test_in_a_larger_one_it_is_no_finding(self):
        group = self.group(512)
        device = self.loop(fs="ext4", mebibytes=256)
        report = self.diagnose(cmd=self.inside(group, self.dd(device.path(), 16))).report
        self.assertNotIn("memory-reclaim", report.finding_ids())
        self.assertEqual(report.row(op="write", target="file", device=device.name)["reclaims"]["limit"], 0)
