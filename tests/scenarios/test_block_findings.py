# SPDX-License-Identifier: GPL-2.0-only
"""Findings of the block layer with their causes injected on loop devices: the right one comes first. Disks of set speed
are in tests/vm/guest/test_findings.py."""
import subprocess

from findings import BLOCK, number, seconds
from harness import Case
from hostdev import tool


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


class Causes(Case):
    def direct(self):
        """A loop device that goes to the disk at once."""
        device = self.loop()
        if subprocess.run([tool("losetup"), "--direct-io=on", device.node], capture_output=True, check=False).returncode:
            self.skipTest("no direct loop device on this file system")
        return device

    def set(self, device, name, value):
        """A setting of its queue; loop devices keep theirs for whoever gets them next."""
        path = f"/sys/block/{device.name}/queue/{name}"
        with open(path, encoding="ascii") as file:
            before = file.read().split()
        before = next((word.strip("[]") for word in before if word.startswith("[")), before[0])
        try:
            write(path, value)
        except OSError as error:
            self.skipTest(f"{path} cannot be {value}: {error}")
        self.addCleanup(write, path, before)

    def reads(self, device, readers, each, size):
        tasks = [self.gated("direct-reads", device.node, each, size) for _ in range(readers)]
        watch = self.watch("-p", ",".join(str(task.pid) for task in tasks)).ready()
        facts = self.open_gate(*tasks)
        return watch.stop(), facts

    def first_of_block(self, report):
        """On a loaded host waiting for a processor may come before it."""
        found = [one for one in report["findings"] if one["id"] in BLOCK]
        self.assertTrue(found, report.finding_ids())
        return found[0]

    def test_fsync_of_each_write_is_bound_by_flushes(self):
        device, count = self.loop(), 100
        writer = self.gated("write-fsync", device.node, count, 4096)
        watch = self.watch("-p", writer.pid).ready()
        facts = self.open_gate(writer)
        report = watch.stop()
        finding = self.first_of_block(report)
        self.assertEqual((finding["id"], finding["subject"]["device"]), ("flush-bound", device.name), report.finding_ids())
        self.assertEqual(number(finding, "NUMBER FLUSH requests"), count)
        self.assertEqual(number(finding, "for NUMBER operations"), count)
        # Flushing the file of the device is what fsync of it waits for.
        self.assert_within(seconds(finding, "waited TIME for FLUSH"), 0.3 * facts["sync_seconds"], facts["sync_seconds"])

    def test_too_few_tags(self):
        device, readers, each, size = self.direct(), 64, 16, 1 << 19
        # What was never written, the file system answers itself.
        subprocess.run(["dd", "if=/dev/urandom", f"of={device.node}", f"bs={size}", f"count={each}", "oflag=direct"],
                       check=True, stderr=subprocess.DEVNULL)
        self.set(device, "scheduler", "mq-deadline")
        self.set(device, "nr_requests", "4")
        report, facts = self.reads(device, readers, each, size)
        times = [one["seconds"] for one in facts]
        # All of them came after we were ready.
        self.assertGreater(report["interval"]["seconds"], max(times))
        finding = self.first_of_block(report)
        self.assertEqual((finding["id"], finding["subject"]["device"]), ("queue-wait", device.name), report.finding_ids())
        # No more than four are with the device: the others wait before it.
        self.assert_within(number(finding, "depth in the device NUMBER"), 0, 4)
        self.assert_within(finding["seconds"], sum(times) * 0.3, sum(times))
