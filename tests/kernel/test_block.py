# SPDX-License-Identifier: GPL-2.0-only
"""Block requests against the kernel's own statistics of the device, and where a durable append spends
its time."""
import subprocess
import time

from harness import Case


class Statistics(Case):
    def settle(self, device):
        """Until nothing is written any more: the statistics stand still for half a second."""
        before, steady = device.statistics(), 0
        while steady < 5:
            time.sleep(0.1)
            now = device.statistics()
            steady = steady + 1 if now == before else 0
            before = now
        return before

    def test_writes_and_flushes_equal_sys_block_stat(self):
        device = self.loop(fs="ext4")
        for _ in range(5):
            before = self.settle(device)
            watch = self.watch().ready()
            if device.statistics() == before:
                break
            watch.stop()
        else:
            self.fail("the file system does not come to rest")
        process = self.spawn(self.workload("write-fsync", device.path(), 100, 4096), stdout=subprocess.DEVNULL)
        self.assertEqual(process.wait(30), 0)
        after = self.settle(device)
        report = watch.stop()
        self.assertGreater(after["flush"], before["flush"])
        for op in ("write", "flush"):
            with self.subTest(op=op):
                rows = report.block(device.name, op)
                self.assertEqual(sum(row["count"] for row in rows), after[op] - before[op])
        self.assertEqual(sum(row["bytes"] for row in report.block(device.name, "write")),
                         after["write_bytes"] - before["write_bytes"])
        # Parents of flush sequences complete without an issue of their own: no losses.
        self.assertEqual(report.loss("no_start"), 0)

    def test_flushes_are_told_for_the_device(self):
        device = self.loop(fs="ext4")
        report = self.diagnose(cmd=self.workload("write-fsync", device.path(), 40, 4096)).report
        flushes = sum(row["count"] for row in report.block(device.name, "flush"))
        self.assertGreaterEqual(flushes, 40)
        self.assertTrue(all(row["flushes"] == flushes for row in report.block(device.name, "write")))


class DurableAppends(Case):
    def test_waiting_for_the_journal_is_told_from_the_device_behind_it(self):
        device = self.loop(fs="ext4")
        report = self.diagnose(cmd=self.workload("write-fsync", device.path(), 300, 4096)).report
        sync = report.row(op="sync", device=device.name)
        stages = {stage["stage"]: stage for stage in sync["stages"]}
        # fsync sleeps until jbd2 has committed; most of that is the device's time, which the journal
        # thread spent for it. Without following the helper all of it would be `helper`.
        self.assertIn("helper", stages)
        named = [via["comm"] for via in stages["helper"]["via"]]
        self.assertTrue(any(comm.startswith(f"jbd2/{device.name}") for comm in named), named)
        self.assertGreater(stages["device"]["share"], stages["helper"]["share"])
        self.assertEqual(max(stages.values(), key=lambda stage: stage["seconds"])["stage"], "device")
        self.assertLess(report.share("other", op="sync"), 0.02)

    def test_flush_time_is_found(self):
        device = self.loop(fs="ext4")
        report = self.diagnose(cmd=self.workload("write-fsync", device.path(), 300, 4096)).report
        sync = report.row(op="sync", device=device.name)
        device_time = next(stage["seconds"] for stage in sync["stages"] if stage["stage"] == "device")
        self.assert_within(sync["flush_seconds"], 0.0, device_time + 1e-9)
        self.assertGreater(sync["flush_seconds"], 0)
        self.assertTrue({"flush-bound", "device-bound"} & set(report.finding_ids()),
                        report.finding_ids())
