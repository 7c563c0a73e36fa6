# SPDX-License-Identifier: GPL-2.0-only
"""Each finding of the block layer with its cause injected: disks that take as long as they are told. It comes first,
names the disk and the figures that were set, and no other is found beside it."""
import os

from disks import NullBlk, ScsiDebug
from findings import BLOCK, number, only, seconds
from harness import PREEMPTIBLE, long_only

TIME = 0.005
# What an emulated machine adds to a request of five milliseconds.
SLACK = 1.5


@long_only  # a matter of time: not beside another guest, as in the short matrix
class Causes(NullBlk):
    def reads(self, disk, readers, each):
        """The report of direct reads by so many processes, and how long these took."""
        tasks = [self.gated("direct-reads", f"/dev/{disk}", each, 4096) for _ in range(readers)]
        watch = self.watch("-p", ",".join(str(task.pid) for task in tasks)).ready()
        facts = self.open_gate(*tasks)
        report = watch.stop(check=False)
        # Where programs can be preempted, timers of many requests make the kernel skip runs again and again.
        self.skipped = report.loss("skipped_run") if PREEMPTIBLE else 0
        if not self.skipped:
            self.check(report)
        self.assert_all(report.row(op="read", target="blockdev", device=disk)["count"], readers * each)
        return report, facts

    def assert_all(self, count, wanted):
        """All were counted but those whose runs the kernel skipped."""
        self.assert_within(count, wanted - self.skipped, wanted)

    def test_a_slow_disk(self):
        disk = self.null_disk(completion_nsec=int(TIME * 1e9))
        report, facts = self.reads(disk, 1, 200)
        finding = only(self, report, "device-bound", disk)
        self.assertIn("it is slow, not saturated", finding["summary"])
        self.assert_all(number(finding, "over NUMBER requests"), 200)
        self.assert_within(number(finding, "mean depth NUMBER over"), 0.5, 1)
        self.assert_within(seconds(finding, "service p50 TIME"), TIME * 0.995, TIME * SLACK)
        self.assert_within(finding["seconds"], 200 * TIME, facts["seconds"])
        self.assertGreater(finding["share"], 0.8)

    def test_a_saturated_disk(self):
        disk = self.null_disk(completion_nsec=int(TIME * 1e9), hw_queue_depth=64, submit_queues=1)
        report, _ = self.reads(disk, 16, 100)
        finding = only(self, report, "device-bound", disk)
        self.assertIn("it is saturated", finding["summary"])
        self.assertIn("wait for each other inside the device", finding["evidence"][0])
        self.assert_all(number(finding, "over NUMBER requests"), 1600)
        self.assert_within(number(finding, "mean depth NUMBER over"), 4, 16)
        self.assert_within(seconds(finding, "service p50 TIME"), TIME * 0.995, TIME * SLACK)

    def test_too_few_tags(self):
        took, tags, readers = 0.002, 2, 32
        disk = self.null_disk(completion_nsec=int(took * 1e9), hw_queue_depth=tags, submit_queues=1)
        report, facts = self.reads(disk, readers, 30)
        finding = only(self, report, "queue-wait", disk)
        # What the readers did beside waiting for a tag was waiting for the disk, and little of their own.
        waited = sum(one["seconds"] for one in facts) - readers * 30 * took
        self.assert_within(finding["seconds"], waited * 0.8, waited)
        # Two are served at a time; the processes do not begin at once, and an emulated machine adds to each request.
        self.assert_within(seconds(finding, "in all: p50 TIME"), took * (readers - tags) / tags * 0.5, 2 * waited / (readers * 30))
        # A request begins with its tag: from there on there is nothing to wait for.
        self.assertLess(seconds(finding, "queue p50 TIME"), took)
        self.assertIn("before there was a request: all tags were taken", finding["evidence"][-1])
        self.assert_within(seconds(finding, "before service p50 TIME"), took * 0.995, took * 2)
        self.assert_within(number(finding, "depth in the device NUMBER"), 0.5, tags)
        self.assertGreater(finding["share"], 0.7)
        self.assertIn("nr_requests", " ".join(finding["advice"]))

    def test_a_fast_disk_is_no_finding(self):
        disk = self.null_disk(irqmode=0)
        report, _ = self.reads(disk, 1, 3000)
        self.assert_all(sum(row["count"] for row in report.block(disk, "read")), 3000)
        self.assertEqual([one for one in report.finding_ids() if one in BLOCK], [])


@long_only  # a matter of time: not beside another guest, as in the short matrix
class Flushes(ScsiDebug):
    def test_a_disk_whose_flushes_are_slow(self):
        # A twentieth of a second for a flush, once ndelay is above 10 us: the driver has no other figure for it.
        took, count = 0.05, 40
        disk = self.disk(ndelay=100000)
        with open(f"/sys/block/{disk}/queue/write_cache", encoding="ascii") as file:
            self.assertEqual(file.read().strip(), "write back")
        # fsync of the device itself: no journal between.
        writer = self.gated("write-fsync", f"/dev/{disk}", count, 4096)
        watch = self.watch("-p", writer.pid).ready()
        self.open_gate(writer)
        report = watch.stop()
        flushes, = report.block(disk, "flush")
        if flushes["service"]["p50"] < took / 2:
            self.skipTest(f"this kernel's scsi_debug flushes in {flushes['service']['p50'] * 1e3:.3f} ms")
        finding = only(self, report, "flush-bound", disk)
        self.assertEqual(number(finding, "NUMBER FLUSH requests"), count)
        self.assertEqual(number(finding, "FLUSH requests for NUMBER operations"), count)
        self.assert_within(seconds(finding, "operations, service p50 TIME"), took * 0.9, took * 1.5)
        self.assert_within(seconds(finding, "mean TIME each"), took * 0.9, took * 1.5)
        self.assertGreater(finding["share"], 0.7)
        self.assertIn(os.path.join("/sys/block", disk), " ".join(finding["advice"]))
