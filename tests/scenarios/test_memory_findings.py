# SPDX-License-Identifier: GPL-2.0-only
"""dirty-throttle with its cause injected: a device that is allowed few dirty pages."""
import os
import unittest

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
