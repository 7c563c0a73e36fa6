# SPDX-License-Identifier: GPL-2.0-only
"""Requests that end where one does not expect it: in a thread that polls, on another processor than the one that issued
them. Counts are exact all the same."""
import os
import subprocess

from disks import NullBlk
from hostdev import given_disk
from stamps import Stamps, pairs

COUNT = 400


class Completions(NullBlk):
    def traced(self, disk, *words):
        """The run of a workload, and (issue, completion) of each request as the kernel saw them."""
        stamps = Stamps(disk)
        self.addCleanup(stamps.close)
        run = self.diagnose(cmd=words)
        return run, pairs(stamps.stop())

    def assert_all_counted(self, report, disk):
        row, = report.block(disk, "read")
        self.assertEqual((row["count"] + row["merges"], row["bytes"], row["errors"]), (COUNT, COUNT * 4096, 0))
        self.assertEqual(sum(count for _, count in row["service"]["buckets"]), row["count"])
        self.assertEqual(sum(by["count"] for by in row["by"]), row["count"])
        self.assert_nothing_lost(report)

    def test_polled_reads(self):
        subprocess.run(["modprobe", "null_blk", "nr_devices=0"], capture_output=True, check=False)
        if not os.path.exists("/sys/module/null_blk/parameters/poll_queues"):
            self.skipTest("null_blk of this kernel cannot be polled")
        disk = self.null_disk(poll_queues=1, completion_nsec=100000)
        run, seen = self.traced(disk, *self.workload("uring-reads", f"/dev/{disk}", COUNT, 4096, 8, "iopoll"))
        if not run.facts or not run.facts["supported"]:
            self.skipTest("this kernel polls no reads of io_uring")
        # By the thread itself, no interrupt.
        self.assertEqual({end.comm for _, end in seen}, {"workload"})
        self.assert_all_counted(run.report, disk)

    def test_completions_on_another_processor(self):
        if os.cpu_count() < 2:
            self.skipTest("one processor only")
        node = given_disk()
        disk = os.path.basename(node)
        elsewhere = {}
        for affinity in (0, 1, 2):
            for cpu in (0, 1):
                with open(f"/sys/block/{disk}/queue/rq_affinity", "w", encoding="ascii") as file:
                    file.write(str(affinity))
                run, seen = self.traced(disk, "taskset", "-c", cpu, *self.workload("direct-reads", node, COUNT, 4096))
                self.assert_all_counted(run.report, disk)
                elsewhere[affinity] = elsewhere.get(affinity, 0) + sum(begin.cpu != end.cpu for begin, end in seen)
        print(f"ended on another processor, by rq_affinity, of {2 * COUNT}: {elsewhere}")
        # One queue has one interrupt, so one of the two readers has its ends elsewhere, unless they are sent home.
        self.assertGreaterEqual(elsewhere[0], COUNT * 0.9)
