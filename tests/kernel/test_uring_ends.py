# SPDX-License-Identifier: GPL-2.0-only
"""Requests of io_uring that end in other ways than one by one, as asked for: none may be lost, none may stay."""
from uring_case import UringCase


class Ends(UringCase):
    TIMES = 20
    MANY = 10_000
    TOO_MANY = 20_000  # more than are followed at once

    def pending(self, count, how):
        report, facts = self.uring("uring-pending", count, how)
        self.assertEqual(facts["ended"], count)
        self.assert_ended(report, count)
        return report

    def assert_ended(self, report, count, **wanted):
        totals = self.interface(report)
        self.assertEqual((totals["submitted"], totals["completed"], totals["in_flight_max"]),
                         (count, count, count))
        self.assertEqual(report.total("count", interface="io_uring", op="read", target="pipe"), count)
        self.assertEqual(report["in_flight"], [])

    def test_data_for_ten_thousand_at_once(self):
        report = self.pending(self.MANY, "read")
        self.assertEqual(report.total("bytes", interface="io_uring", op="read"), self.MANY)

    def test_more_than_are_followed_are_counted_as_lost(self):
        run = self.diagnosed("uring-pending", self.TOO_MANY, "read")
        counted = run.report.total("count", interface="io_uring", op="read", target="pipe")
        self.assert_within(counted, self.MANY, self.TOO_MANY - 1)
        self.assertEqual(run.report.lost()["no_storage"], self.TOO_MANY - counted)
        self.assertEqual(self.interface(run.report)["in_flight_max"], counted)
        self.assertEqual(run.report["in_flight"], [])

    def test_more_completions_than_the_ring_has_room_for(self):
        run = self.diagnosed("uring-pending", 64, "overflow")
        self.assertEqual(run.facts["ended"], 64)
        totals = self.interface(run.report)
        self.assertEqual(totals["submitted"], 64)
        # Later kernels do not say which requests the others were.
        told = run.report.total("count", interface="io_uring", op="read", target="pipe")
        self.assert_within(told, 8, 64)
        self.assertEqual(totals["completed"], told)
        # None is silently gone: it is shown as open, or lost when its place is taken.
        self.assertEqual(told + len(run.report["in_flight"]) + run.report.lost().get("no_end", 0), 64)

    def test_cancelled_one_by_one(self):
        report = self.pending(self.TIMES, "cancelled")
        self.assertEqual(report.total("errors", interface="io_uring", op="read"), self.TIMES)

    def test_by_the_end_of_the_ring(self):
        report = self.pending(self.TIMES, "closed")
        self.assertEqual(report.total("errors", interface="io_uring", op="read"), self.TIMES)

    def test_by_the_end_of_the_process(self):
        report, _ = self.uring("uring-killed", self.TIMES)
        self.assert_ended(report, self.TIMES)
        self.assertEqual(report.total("errors", interface="io_uring", op="read"), self.TIMES)

    def test_a_chain_that_breaks(self):
        report, facts = self.uring("uring-broken-chains", self.TIMES)
        self.assertEqual(facts["cancelled"], self.TIMES)
        totals = self.interface(report)
        self.assertEqual((totals["submitted"], totals["completed"]), (4 * self.TIMES, 4 * self.TIMES))
        for op in ("write", "read"):
            counts = [report.total(what, interface="io_uring", op=op) for what in ("count", "errors", "bytes")]
            self.assertEqual(counts, [2 * self.TIMES, self.TIMES, 64 * self.TIMES], op)

    def test_each_message_of_a_multishot_recv_is_an_operation(self):
        report, _ = self.uring("uring-multishot-recv", self.TIMES)
        row = report.row(interface="io_uring", op="recv", target="unix")
        # The end of the stream is the last one.
        self.assertEqual((row["count"], row["bytes"], row["errors"]), (self.TIMES + 1, 64 * self.TIMES, 0))
        self.assertEqual(self.interface(report)["shots"], self.TIMES)


class Shared(UringCase):
    def test_two_processes_use_one_ring(self):
        device = self.loop()
        run = self.diagnosed("uring-shared", device.node, 50, options=("--by", "process"))
        self.assert_nothing_lost(run.report)
        rows = run.report.rows(interface="io_uring", op="read", device=device.name)
        self.assertEqual([(row["count"], row["bytes"]) for row in rows], [(50, 50 * 4096)] * 2)
        self.assertIn(run.facts["child"], {row["pid"] for row in rows})
        self.assertEqual(len({row["pid"] for row in rows}), 2)
