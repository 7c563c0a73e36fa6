# SPDX-License-Identifier: GPL-2.0-only
"""Many processes and threads in scope: nothing lost, nothing leaked, and every count exact."""
import subprocess

from harness import Case, long_only

PROCESSES = 10_000
THREADS = 2_000


class Many(Case):
    def setUp(self):
        super().setUp()
        self.device = self.loop(fs="ext4")

    def test_10000_short_lived_processes(self):
        run = self.diagnose(cmd=self.workload("processes", self.device.path(), PROCESSES), timeout=100)
        row = run.report.row(op="write", target="file", device=self.device.name)
        self.assertEqual((row["count"], row["bytes"]), (PROCESSES, PROCESSES))
        self.assert_nothing_lost(run.report)
        self.assertEqual(run.report["command_end"]["descendants_left"], 0)

    def test_2000_threads_at_once(self):
        run = self.diagnose(cmd=self.workload("threads", self.device.path(), THREADS, 5), timeout=100)
        for op in ("write", "read"):
            row = run.report.row(op=op, target="file", device=self.device.name)
            self.assertEqual((row["count"], row["bytes"]), (THREADS * 5, THREADS * 5), op)
        self.assert_nothing_lost(run.report)

    def test_2000_threads_of_a_process_that_was_there_before(self):
        process = self.gated("threads", self.device.path(), THREADS, 5)
        watch = self.watch("-p", process.pid).ready()
        self.open_gate(process)
        report = watch.stop()
        self.assertEqual(report.total("count", op="write", device=self.device.name), THREADS * 5)
        self.assert_nothing_lost(report)

    def test_1000_processes_system_wide(self):
        watch = self.watch().ready()
        process = self.spawn(self.workload("processes", self.device.path(), 1000), stdout=subprocess.DEVNULL)
        self.assertEqual(process.wait(60), 0)
        report = watch.stop()
        self.assertEqual(report.total("count", op="write", device=self.device.name), 1000)
        self.assert_nothing_lost(report)

    @long_only
    def test_10000_processes_each_with_rows_of_its_own(self):
        run = self.diagnose("--by", "process", cmd=self.workload("processes", self.device.path(), PROCESSES),
                            timeout=300)
        # More rows than there is room for: those that found none are counted, and said.
        self.assertEqual(run.report.total("count", op="write"), PROCESSES + 1)
        if len(run.report.rows(op="write")) <= PROCESSES:
            self.assertGreater(run.report.loss("map_full"), 0)

    @long_only
    def test_100000_processes(self):
        run = self.diagnose(cmd=self.workload("processes", self.device.path(), 100_000), timeout=500)
        self.assertEqual(run.report.total("count", op="write", device=self.device.name), 100_000)
        self.assert_nothing_lost(run.report)
