# SPDX-License-Identifier: GPL-2.0-only
"""Requests of libaio, which has no events of its own."""
from harness import Case


class Aio(Case):
    def aio(self, *words):
        run = self.diagnose(cmd=self.workload(*words))
        if not run.facts["supported"]:
            self.skipTest("this kernel has no io_submit")
        if run.report["not_followed"]["aio_submits"]:
            self.skipTest("libaio is not followed here")
        self.assert_nothing_lost(run.report)
        return run.report

    def test_direct_writes_one_at_a_time(self):
        device = self.loop(fs="ext4")
        report = self.aio("aio", device.path(), 50)
        row = report.row(interface="libaio")
        self.assertEqual((row["op"], row["target"], row["fs"], row["device"]),
                         ("write", "file", "ext4", device.name))
        self.assertEqual((row["count"], row["bytes"], row["errors"]), (50, 50 * 4096, 0))
        device_stage = next(stage for stage in row["stages"] if stage["stage"] == "device")
        self.assertEqual(device_stage["count"], 50)
        totals = report["async"][0]
        self.assertEqual((totals["submitted"], totals["completed"], totals["in_flight_max"]), (50, 50, 1))
        self.assertEqual((totals["batch"]["count"], totals["batch"]["sum"]), (50, 50))
        self.assertEqual(totals["reap"]["count"], 50)

    def test_batches_on_a_block_device(self):
        device = self.loop()
        report = self.aio("aio-batches", device.node, 10, 100)
        row = report.row(interface="libaio")
        self.assertEqual((row["op"], row["target"], row["device"]), ("read", "blockdev", device.name))
        self.assertEqual((row["count"], row["bytes"]), (1000, 1000 * 4096))
        totals = report["async"][0]
        self.assertEqual((totals["batch"]["count"], totals["batch"]["max"], totals["in_flight_max"]),
                         (10, 100, 100))

    def test_by_programs_without_types(self):
        device = self.loop(fs="ext4")
        run = self.diagnose("--no-attach", "typed", cmd=self.workload("aio", device.path(), 5))
        if not run.facts["supported"]:
            self.skipTest("this kernel has no io_submit")
        self.assertEqual(run.report["not_followed"]["aio_submits"], 0)
        row = run.report.row(interface="libaio")
        self.assertEqual((row["op"], row["count"], row["bytes"]), ("write", 5, 5 * 4096))
