# SPDX-License-Identifier: GPL-2.0-only
"""Asynchronous requests against fio's own figures of the very same run: counts equal, percentiles within
one bucket. fio's latency is from before the submission until it has taken the completion: our `total`.
Its clat begins when the submitting call has returned, which at depth 1 is half the time."""
import json

from harness import Case
from hostdev import tool

BUCKET = 2 ** (1 / 8)
SECONDS = 4
P50, P99 = "50.000000", "99.000000"


class FioAsync(Case):
    def fio(self, engine, depth):
        device = self.loop(mebibytes=64)
        output = self.fresh("fio.json")
        words = {"name": "job", "filename": device.node, "ioengine": engine, "iodepth": depth, "bs": "4k",
                 "direct": 1, "rw": "randread", "size": "64m", "time_based": 1, "runtime": SECONDS,
                 "thread": 1, "norandommap": 1, "lat_percentiles": 1, "clat_percentiles": 1,
                 "percentile_list": "50:90:99"}
        command = [tool("fio"), "--output-format=json", f"--output={output}"]
        command += [f"--{name}={value}" for name, value in words.items()]
        run = self.diagnose(cmd=command, timeout=SECONDS + 60)
        with open(output, encoding="utf-8") as file:
            job = json.load(file)["jobs"][0]["read"]
        if run.report["not_followed"]["aio_submits"]:
            self.skipTest("libaio is not followed here")
        # Of so many requests the build host hides some from layer block, which counts them as lost.
        self.assertLessEqual(set(run.report.lost()), {"no_start", "no_end", "clock_back", "missed_run"})
        self.assertLess(run.report.loss("no_start") + run.report.loss("no_end"), job["total_ios"] / 100)
        self.compare(run.report, job, engine, depth)

    def compare(self, report, job, engine, depth):
        row = report.row(interface=engine, op="read")
        totals = next(one for one in report["async"] if one["interface"] == engine)
        self.assertEqual((row["count"], row["bytes"]), (job["total_ios"], job["io_bytes"]))
        self.assertEqual((totals["submitted"], totals["completed"], totals["in_flight_max"]),
                         (row["count"], row["count"], depth))
        self.assertLess(report.share("other", interface=engine), 0.02)
        for name, key in (("p50", P50), ("p99", P99)):
            ours = totals["total"][name] * 1e9
            self.assert_within(ours / job["lat_ns"]["percentile"][key], 1 / BUCKET, BUCKET, f"{name} / fio's lat:")
            if depth > 1:
                self.assert_within(ours / job["clat_ns"]["percentile"][key], 1 / BUCKET, BUCKET,
                                   f"{name} / fio's clat:")

    def test_io_uring_1(self):
        self.fio("io_uring", 1)

    def test_io_uring_32(self):
        self.fio("io_uring", 32)

    def test_io_uring_256(self):
        self.fio("io_uring", 256)

    def test_libaio_1(self):
        self.fio("libaio", 1)

    def test_libaio_32(self):
        self.fio("libaio", 32)

    def test_libaio_256(self):
        self.fio("libaio", 256)
