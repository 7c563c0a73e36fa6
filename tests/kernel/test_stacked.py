# SPDX-License-Identifier: GPL-2.0-only
"""A loop device over a file on another: what each of the two takes by itself. Other stacks need devices that a guest
alone makes: tests/vm/guest/test_stacked.py."""
import os

from hostdev import LoopDevice
from harness import Case, Disturbed


class Stacked(Case):
    def test_a_loop_device_and_the_disk_of_its_file(self):
        disk = self.loop(fs="ext4")
        device = LoopDevice(disk.mount, 16)
        self.addCleanup(device.close)
        with open(device.backing, "r+b") as file:
            file.write(os.urandom(8 << 20))
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        before = {one: one.statistics()["read"] for one in (device, disk)}
        report = self.diagnose(cmd=self.workload("direct-reads", device.node, 200, 4096)).report
        for one, reads in before.items():
            # The kernel's own looks at a new device are not the command's.
            count = sum(row["count"] for row in report.block(one.name, "read"))
            self.assert_within(count, 1, one.statistics()["read"] - reads, one.name)
        row, = report.block(device.name, "read")
        self.assertGreaterEqual(row["count"], 200)
        levels = {level["device"]: level for level in row["levels"]}
        if set(levels) > {device.name, disk.name}:
            raise Disturbed(f"the file of {disk.name} was read from its own disk meanwhile: {sorted(levels)}")
        self.assertEqual(set(levels), {device.name, disk.name})
        below, = report.block(disk.name, "read")
        self.assertEqual(levels[disk.name]["count"], below["count"])
        self.assertAlmostEqual(levels[disk.name]["seconds"], below["service"]["sum"], delta=1e-6)
        own = max(0, row["service"]["sum"] - below["service"]["sum"])
        self.assertAlmostEqual(levels[device.name]["seconds"], own, delta=1e-6)
