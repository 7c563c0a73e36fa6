# SPDX-License-Identifier: GPL-2.0-only
"""Pipelines with one slow end: who is waited for, and the finding that says so."""
import json

from harness import Case


class Pipelines(Case):
    def test_a_slow_reader_makes_the_writer_wait_for_its_peer(self):
        # 100 writes of a full pipe's size; the reader sleeps 2 ms before each of its reads.
        run = self.diagnose(cmd=self.workload("pipe-stream", "slow-reader", 100, 65536, 2000))
        write = run.report.row(op="write", target="pipe")
        self.assertEqual((write["count"], write["bytes"]), (100, 100 * 65536))
        peer = run.report.stage("peer", op="write", target="pipe")
        # The pipe holds one write, so the writer waits for all of the reader's sleeps but the last.
        self.assert_within(peer, 98 * 0.002 * 0.95, run.facts["write_seconds"])
        self.assertGreater(peer, 0.85 * write["seconds"])
        self.assertIn("pipe-full", run.report.finding_ids())
        self.assertNotIn("pipe-empty", run.report.finding_ids())

    def test_a_slow_writer_makes_the_reader_wait_for_its_peer(self):
        run = self.diagnose(cmd=self.workload("pipe-stream", "slow-writer", 100, 65536, 2000))
        read = run.report.row(op="read", target="pipe")
        self.assertEqual(read["bytes"], 100 * 65536)
        peer = run.report.stage("peer", op="read", target="pipe")
        self.assertGreater(peer, 98 * 0.002 * 0.95)
        self.assertGreater(peer, 0.85 * read["seconds"])
        self.assertIn("pipe-empty", run.report.finding_ids())
        self.assertNotIn("pipe-full", run.report.finding_ids())

    def test_the_limiting_process_comes_first(self):
        report = self.diagnose(cmd=self.workload("pipe-stream", "slow-reader", 100, 65536, 2000)).report
        self.assertEqual(report["findings"][0]["id"], "pipe-full")
        self.assertGreater(report["findings"][0]["share"], 0.5)
        # The writer suffers, the reader is the cause: it must be named.
        self.assertIn("wl-reader", json.dumps(report["findings"][0]))

    def test_ping_pong_counts(self):
        run = self.diagnose(cmd=self.workload("ping-pong", 3000))
        self.assertEqual(run.report.row(op="read", target="pipe")["count"], run.facts["reads"])
        self.assertEqual(run.report.row(op="write", target="pipe")["count"], run.facts["writes"])
        # A pipe has neither file system nor device.
        self.assertEqual({(row["fs"], row["device"]) for row in run.report.rows(target="pipe")}, {("", "")})
