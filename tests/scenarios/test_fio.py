# SPDX-License-Identifier: GPL-2.0-only
"""Against fio's own figures of the very same run: counts equal, percentiles within one bucket."""
import json

from harness import Case
from hostdev import tool

BUCKET = 2 ** (1 / 8)
SECONDS = 4


class Fio(Case):
    def fio(self, path, **options):
        """A run of fio under iopath: the report and fio's own figures."""
        output = self.fresh("fio.json")
        words = {"name": "job", "filename": path, "ioengine": "psync", "bs": "4k", "direct": 1,
                 "time_based": 1, "runtime": SECONDS, "group_reporting": 1, "thread": 1,
                 "percentile_list": "50:90:99", "randrepeat": 1, "norandommap": 1, **options}
        command = [tool("fio"), "--output-format=json", f"--output={output}"]
        command += [f"--{name}={value}" for name, value in words.items()]
        run = self.diagnose(cmd=command, timeout=SECONDS + 60)
        with open(output, encoding="utf-8") as file:
            job = json.load(file)["jobs"][0]
        self.assertEqual(job["error"], 0)
        self.assert_nothing_lost(run.report)
        self.assertLess(run.report.share("other"), 0.02)
        return run.report, job

    def assert_same_percentiles(self, row, direction, names):
        theirs = direction["clat_ns"]["percentile"]
        for name, key in names:
            ours = row["latency"][name]
            # Their clock stands outside the system call and their own buckets are 1.6 % wide; that
            # must fit into our bucket, too.
            self.assert_within(ours * 1e9 / theirs[key], 1 / BUCKET, BUCKET, f"{name} / fio's:")

    def test_direct_random_reads_of_one_job(self):
        device = self.loop(mebibytes=64)
        report, job = self.fio(device.node, rw="randread", size="64m")
        row = report.row(op="read", target="blockdev", device=device.name)
        # fio opens the device for its own size check, but only reads for the job.
        self.assertEqual(row["count"], job["read"]["total_ios"])
        self.assertEqual(row["bytes"], job["read"]["io_bytes"])
        self.assert_same_percentiles(row, job["read"], (("p50", "50.000000"), ("p90", "90.000000"),
                                                        ("p99", "99.000000")))

    def test_direct_random_reads_of_64_jobs(self):
        device = self.loop(mebibytes=64)
        report, job = self.fio(device.node, rw="randread", size="64m", numjobs=64)
        row = report.row(op="read", target="blockdev", device=device.name)
        self.assertEqual(row["count"], job["read"]["total_ios"])
        self.assertEqual(row["bytes"], job["read"]["io_bytes"])
        self.assert_same_percentiles(row, job["read"], (("p50", "50.000000"), ("p90", "90.000000")))

    def test_random_writes_with_fsync(self):
        device = self.loop(mebibytes=64, fs="ext4")
        path = device.path("data")
        with open(path, "wb") as file:  # laid out before, so that fio has nothing to lay out
            file.write(b"f" * (16 << 20))
        report, job = self.fio(path, rw="randwrite", size="16m", fsync=1, direct=0)
        on_file = {"target": "file", "fs": "ext4", "device": device.name}
        write = report.row(op="write", **on_file)
        sync = report.row(op="sync", **on_file)
        self.assertEqual(write["count"], job["write"]["total_ios"])
        self.assertEqual(write["bytes"], job["write"]["io_bytes"])
        # fio makes one more fsync at its end that it does not report (strace shows it).
        self.assert_within(sync["count"] - job["sync"]["total_ios"], 0, 1, "fsyncs beyond fio's:")
        theirs = job["sync"]["lat_ns"]["percentile"]
        for name, key in (("p50", "50.000000"), ("p90", "90.000000")):
            self.assert_within(sync["latency"][name] * 1e9 / theirs[key], 1 / BUCKET, BUCKET,
                               f"fsync {name} / fio's:")
