# SPDX-License-Identifier: GPL-2.0-only
"""Exact counts: what a scripted workload did is what the report says, no more and no less."""
from harness import Case


class DirectReads(Case):
    def test_23_direct_reads_are_23_operations_and_23_requests(self):
        device = self.loop()
        run = self.diagnose(cmd=self.workload("direct-reads", device.node, 23, 4096))
        row = run.report.row(op="read", target="blockdev", device=device.name)
        self.assertEqual(row["count"], 23)
        self.assertEqual(row["bytes"], 23 * 4096)
        self.assertEqual((row["errors"], row["interrupted"]), (0, 0))
        requests = run.report.block(device.name, "read")
        self.assertEqual(sum(request["count"] for request in requests), 23)
        self.assertEqual(sum(request["bytes"] for request in requests), 23 * 4096)
        self.assertEqual(sum(request["service"]["count"] for request in requests), 23)
        self.assert_nothing_lost(run.report)

    def test_wall_time_is_the_workloads_own(self):
        device = self.loop()
        run = self.diagnose(cmd=self.workload("direct-reads", device.node, 2000, 4096))
        row = run.report.row(op="read", device=device.name)
        # What the workload measures around its loop holds the operations and what lies between them:
        # some user code, and the entry and exit of the system call (well under 20 us each time here).
        self.assert_within(row["seconds"], run.facts["seconds"] - 2000 * 20e-6, run.facts["seconds"])

    def test_requests_equal_the_kernels_own_statistics(self):
        device = self.loop()
        before = device.statistics()
        run = self.diagnose(cmd=self.workload("direct-reads", device.node, 100, 65536))
        after = device.statistics()
        requests = run.report.block(device.name, "read")
        self.assertEqual(sum(request["count"] for request in requests), after["read"] - before["read"])
        self.assertEqual(sum(request["bytes"] for request in requests),
                         after["read_bytes"] - before["read_bytes"])

    def test_each_direct_read_waits_for_the_device(self):
        device = self.loop()
        run = self.diagnose(cmd=self.workload("direct-reads", device.node, 500, 4096))
        row = run.report.row(op="read", device=device.name)
        device_stage = next(stage for stage in row["stages"] if stage["stage"] == "device")
        # Every read sleeps until the loop worker has completed its request, unless it is done before
        # the reader has gone to sleep: rare, as the worker must be woken first.
        self.assertGreaterEqual(device_stage["count"], 450)
        self.assertGreaterEqual(row["switches"]["voluntary"], 450)


class Files(Case):
    def test_appends_and_fsyncs(self):
        device = self.loop(fs="ext4")
        run = self.diagnose(cmd=self.workload("write-fsync", device.path(), 50, 3000))
        on_file = {"target": "file", "fs": "ext4", "device": device.name}
        write = run.report.row(op="write", **on_file)
        sync = run.report.row(op="sync", **on_file)
        self.assertEqual((write["count"], write["bytes"]), (50, 150000))
        self.assertEqual((sync["count"], sync["bytes"], sync["errors"]), (50, 0, 0))
        self.assertEqual(run.report.row(op="open", **on_file)["count"], 1)
        # An operation lies within what its caller measures around it.
        self.assertLessEqual(write["seconds"], run.facts["write_seconds"])
        self.assertLessEqual(sync["seconds"], run.facts["sync_seconds"])
        # The workload's clock adds both ends of the system call; on a shared host it may be put off
        # the CPU there, too.
        self.assertGreaterEqual(sync["seconds"], run.facts["sync_seconds"] * 0.95 - 0.002)

    def test_other_file_systems_are_told_apart(self):
        for fs in ("xfs", "btrfs"):
            with self.subTest(fs=fs):
                # The smallest that both mkfs accept.
                device = self.loop(mebibytes=320, fs=fs)
                run = self.diagnose(cmd=self.workload("write-fsync", device.path(), 20, 4096))
                write = run.report.row(op="write", target="file", fs=fs)
                self.assertEqual((write["count"], write["device"]), (20, device.name))
                self.assertEqual(run.report.total("count", op="sync", fs=fs), 20)

    def test_a_file_on_tmpfs_has_no_device(self):
        run = self.diagnose(cmd=self.workload("cached", "/dev/shm/iopath-test", 0.05, 4096, "read"))
        self.addCleanup(lambda: __import__("os").unlink("/dev/shm/iopath-test"))
        row = run.report.row(op="read", target="file", fs="tmpfs")
        self.assertEqual((row["count"], row["device"]), (run.facts["operations"], ""))
        self.assertEqual(row["bytes"], run.facts["bytes"])


class Failures(Case):
    def test_failed_calls_are_errors(self):
        device = self.loop(fs="ext4")
        control = self.diagnose(cmd=self.workload("failed", device.mount, 0)).report
        run = self.diagnose(cmd=self.workload("failed", device.mount, 37))
        for op in ("open", "read"):
            for field in ("count", "errors"):
                # The dynamic loader may fail to open files, too: as often in both runs.
                self.assertEqual(run.report.total(field, op=op) - control.total(field, op=op), 37,
                                 f"{op} {field}")
        # A failed open has neither file system nor device.
        unknown = {"op": "open", "fs": "", "device": ""}
        self.assertEqual(run.report.total("errors", **unknown) - control.total("errors", **unknown), 37)
        self.assertEqual(run.report.rows(op="open", device=device.name), [])

    def test_calls_cut_by_a_signal_are_interrupted_and_no_errors(self):
        run = self.diagnose(cmd=self.workload("interrupted", "norestart", 40, "timer"))
        row = run.report.row(op="read", target="pipe")
        self.assertEqual(row["count"], run.facts["calls"])
        self.assertEqual((row["interrupted"], row["errors"]), (run.facts["cut"], 0))
        self.assertGreaterEqual(row["interrupted"], 38)

    def test_restarted_calls_are_interrupted_and_no_errors(self):
        run = self.diagnose(cmd=self.workload("interrupted", "restart", 40, "timer"))
        row = run.report.row(op="read", target="pipe")
        # The last restart finds the byte. An alarm that comes between two reads cuts none: rare.
        self.assertEqual(row["count"], row["interrupted"] + 1)
        self.assert_within(row["interrupted"], 38, 40)
        self.assertEqual((row["errors"], row["bytes"]), (0, 1))
