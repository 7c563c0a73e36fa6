# SPDX-License-Identifier: GPL-2.0-only
"""Requests of io_uring and libaio that failed, with what they failed on."""
import collections

from uring_case import UringCase

EXPECTED = {("open", "ENOENT", "/missing"): 5, ("open", "ENOENT", "/relative"): 2, ("metadata", "ENOENT", "/no-status"): 3,
            ("metadata", "ENOENT", "/nothing"): 4, ("metadata", "EEXIST", "/file"): 2, ("metadata", "ENOENT", "/from"): 3,
            ("metadata", "ENOENT", "/old"): 2, ("read", "EBADF", "/file"): 6}


class Failures(UringCase):
    """`flavour`: options that decide which programs run."""
    flavour = ()

    def failures(self, how):
        run = self.diagnosed("uring-failures", self.folder, how, options=self.flavour)
        report, pid = run.report, run.facts["pid"]
        counts = collections.Counter()
        for row in report["failures"]:
            if (row["path"] or "").startswith(self.folder):
                self.assertEqual((row["pid"], row["comm"], row["path_cut"]), (pid, "workload", False), row)
                counts[row["op"], row["errno"], row["path"][len(self.folder):]] += row["count"]
        self.assertEqual(counts, EXPECTED)
        cut, = [row for row in report["failures"] if row["path_cut"]]
        self.assertEqual((cut["op"], cut["count"], cut["path"]), ("open", 1, "..." + "/" * 379 + "long"))
        errors = sum(row["errors"] - row["would_block"] for row in report["operations"] if row["interface"] == "io_uring")
        self.assertEqual(errors, sum(EXPECTED.values()) + 1)
        self.assertEqual(report.loss("detail_full"), 0)

    def test_of_requests_done_at_once(self):
        self.failures("plain")

    def test_of_requests_done_by_workers(self):
        self.failures("async")

    def test_of_libaio(self):
        device = self.loop()
        run = self.diagnosed("aio-failures", device.node, 7, options=self.flavour)
        row, = [row for row in run.report["failures"] if row["device"] == device.name]
        self.assertEqual((row["op"], row["errno"], row["count"], row["comm"], row["pid"], row["target"], row["path"]),
                         ("read", "EINVAL", 7, "workload", run.facts["pid"], "blockdev", None))


class FailuresUntyped(Failures):
    flavour = ("--no-attach", "typed")


class MissingFile(UringCase):
    def test_opens_that_fail_again_and_again_are_found(self):
        run = self.diagnosed("uring-missing", self.folder + "/config", 200)
        finding = next(one for one in run.report["findings"] if one["id"] == "missing-file")
        self.assertEqual(finding["subject"]["path"], self.folder + "/config")
