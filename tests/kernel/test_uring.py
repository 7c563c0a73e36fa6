# SPDX-License-Identifier: GPL-2.0-only
"""Requests of io_uring: each is an operation of its own, however it was submitted, and whoever did the
work."""
import time

from uring_case import UringCase

READS = 100
SIZE = 4096
DEPTH = 8


class Reads(UringCase):
    def reads(self, how):
        device = self.loop()
        report, facts = self.uring("uring-reads", device.node, READS, SIZE, DEPTH, how)
        if how == "iopoll" and not report.rows(interface="io_uring"):
            self.skipTest("this kernel does not tell of completions that are polled for")
        row = report.row(interface="io_uring")
        self.assertEqual((row["op"], row["target"], row["device"]), ("read", "blockdev", device.name))
        self.assertEqual((row["count"], row["bytes"], row["errors"]), (READS, READS * SIZE, 0))
        self.assertEqual(row["top"][0]["comm"], "workload")
        # Neighbours of one batch are merged.
        requests = sum(one["count"] + one["merges"] for one in report.block(device.name, "read"))
        self.assertEqual(requests, READS)
        totals = self.interface(report)
        self.assertEqual((totals["submitted"], totals["completed"]), (READS, READS))
        self.assert_within(totals["in_flight_max"], 1, DEPTH)
        return report, row, totals, facts

    def test_plain_reads_have_the_stages_of_their_bios(self):
        report, row, totals, facts = self.reads("plain")
        stages = {stage["stage"]: stage for stage in row["stages"]}
        for stage in ("cpu", "block_queue", "device", "completion"):
            self.assertEqual(stages[stage]["count"], READS, stage)
        self.assertEqual(totals["batch"]["count"], facts["batches"])
        self.assertEqual((totals["batch"]["sum"], totals["batch"]["max"]), (READS, DEPTH))
        self.assertEqual(totals["punted"], 0)
        # All but the last batches are seen to be taken.
        self.assert_within(totals["reap"]["count"], READS - 2 * DEPTH, READS)
        self.assertEqual(totals["total"]["count"], totals["reap"]["count"])
        self.assertEqual(report["in_flight"], [])

    def test_registered_file_and_buffer(self):
        self.reads("fixed")

    def test_a_linked_request_begins_when_the_one_before_it_has_ended(self):
        _, row, totals, _ = self.reads("linked")
        # One after the other: together they took no longer than the watch.
        self.assertLess(totals["in_flight_mean"], 1.5)
        self.assertLess(row["latency"]["p50"], row["seconds"] / 2)

    def test_polled_submission(self):
        self.reads("sqpoll")

    def test_polled_completion(self):
        self.reads("iopoll")

    def test_requests_sent_to_workers_on_demand(self):
        report, row, totals, _ = self.reads("async")
        self.assertEqual(totals["punted"], READS)
        self.assertEqual(totals["punts"], [{"reason": "asked", "count": READS}])
        helper = next(stage for stage in row["stages"] if stage["stage"] == "helper")
        self.assertEqual([via["comm"] for via in helper["via"]], ["iou-wrk"])
        # Before 5.12 workers are kernel threads that do not say what they are at.
        self.assertGreater(report.share("device helper", interface="io_uring"), 0.5)


class Calls(UringCase):
    TIMES = 10
    # op, target: how often each time, and bytes.
    EXPECTED = {("open", "file"): (1, 0), ("write", "file"): (2, 8192), ("sync", "file"): (1, 0),
                ("read", "file"): (2, 8192), ("splice", "file"): (1, 4096), ("read", "pipe"): (1, 4096),
                ("send", "unix"): (2, 128), ("recv", "unix"): (2, 128), ("close", "file"): (1, 0),
                ("metadata", "file"): (2, 0)}

    def test_every_operation_is_counted_under_its_op_and_target(self):
        device = self.loop(fs="ext4")
        report, _ = self.uring("uring-calls", device.mount, self.TIMES)
        for (op, target), (times, size) in self.EXPECTED.items():
            with self.subTest(op=op, target=target):
                wanted = {"interface": "io_uring", "op": op, "target": target}
                self.assertEqual(report.total("count", **wanted), self.TIMES * times)
                self.assertEqual(report.total("bytes", **wanted), self.TIMES * size)
        all_of_them = sum(times for times, _ in self.EXPECTED.values())
        self.assertEqual(report.total("count", interface="io_uring"), self.TIMES * all_of_them)
        self.assertEqual(report.total("errors", interface="io_uring"), 0)
        for op in ("open", "write", "sync", "read", "close"):
            on_disk = report.rows(interface="io_uring", op=op, target="file", device=device.name, fs="ext4")
            self.assertEqual(len(on_disk), 1, op)

    def test_a_sync_by_a_worker_is_the_device_and_the_journal(self):
        device = self.loop(fs="ext4")
        report, _ = self.uring("uring-calls", device.mount, self.TIMES)
        self.assertGreater(report.share("device", interface="io_uring", op="sync"), 0.1)
        punts = {punt["reason"]: punt["count"] for punt in self.interface(report)["punts"]}
        self.assertGreaterEqual(punts["always_blocks"], self.TIMES)


class Sockets(UringCase):
    PAUSE_MS = 5

    def test_waiting_for_data_is_the_other_end(self):
        report, facts = self.uring("uring-sockets", 10, self.PAUSE_MS)
        for op in ("accept", "connect", "send", "recv"):
            self.assertEqual(report.total("count", interface="io_uring", op=op, target="tcp"),
                             facts["times"], op)
        row = report.row(interface="io_uring", op="recv")
        waited = report.stage("peer", interface="io_uring", op="recv")
        self.assertGreater(waited, 10 * self.PAUSE_MS * 1e-3 * 0.9)
        self.assertGreater(waited / row["seconds"], 0.6)

    def test_each_completion_of_a_multishot_request_is_an_operation(self):
        report, facts = self.uring("uring-multishot", 10)
        row = report.row(interface="io_uring", op="accept", target="tcp")
        # The cancelled rest is the last one.
        self.assertEqual((row["count"], row["errors"]), (facts["accepts"] + 1, 1))
        self.assertEqual(self.interface(report)["shots"], facts["accepts"])


class Scopes(UringCase):
    def test_only_one_op(self):
        device = self.loop(fs="ext4")
        run = self.diagnosed("uring-calls", device.mount, 5, options=("--op", "sync"))
        self.assertEqual({row["op"] for row in run.report["operations"]}, {"sync"})
        self.assertEqual(run.report.total("count", interface="io_uring"), 5)

    def test_by_process(self):
        device = self.loop()
        run = self.diagnosed("uring-reads", device.node, READS, SIZE, DEPTH, "sqpoll", options=("--by", "process"))
        row = run.report.row(interface="io_uring")
        self.assertEqual((row["comm"], row["count"]), ("workload", READS))

    def test_others_requests_are_left_out(self):
        device = self.loop()
        words = ("uring-reads", device.node, READS, SIZE, DEPTH, "sqpoll")
        reader = self.gated(*words)
        watch = self.watch("--comm", "nobody").ready()
        facts = self.open_gate(reader)
        report = watch.stop()
        self.need(facts, *words)
        self.assertEqual(report.rows(interface="io_uring"), [])
        self.assertEqual(report["async"], [])

    def test_without_its_probes_calls_are_said_to_be_not_followed(self):
        run = self.diagnosed("uring", 7, options=("--no-attach", "uring_submit"))
        self.assertEqual(run.report["not_followed"]["io_uring_enters"], 7)
        done = self.run_iopath("diagnose", "--no-attach", "uring_submit", "--", *self.workload("uring", 7))
        self.assertRegex(done.err.decode().replace("\n", " "), r"not followed.*\b7 io_uring_enter")

    def test_an_open_request_is_told(self):
        watch = self.watch().ready()
        waiting = self.gated("uring-waiting")
        waiting.stdin.write(b"g")
        waiting.stdin.flush()
        self.until_printed(waiting)
        report = watch.stop()
        if b'"supported":0' in waiting.printed.read():
            self.skipTest("io_uring is not allowed here")
        found = [one for one in report["in_flight"] if one["pid"] == waiting.pid and one["op"] == "read"]
        self.assertEqual([(one["interface"], one["comm"]) for one in found], [("io_uring", "workload")])

    def until_printed(self, process):
        for _ in range(100):
            process.printed.seek(0)
            if process.printed.read():
                process.printed.seek(0)
                return
            time.sleep(0.05)
        self.fail("the workload printed nothing")
