# SPDX-License-Identifier: GPL-2.0-only
"""CPU hogs beside I/O: the time goes to the run queue and to preemption, and the finding says so."""
import os
import time

from harness import Case

HOGS = 3


def comm_of(pid):
    with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
        return file.read().strip()


class Contention(Case):
    def setUp(self):
        super().setUp()
        self.cpu = str(max(os.sched_getaffinity(0)))

    def pinned(self, command):
        return ["taskset", "-c", self.cpu, *command]

    def hogs(self, seconds, nice=0):
        hogs = [self.spawn(self.pinned(["nice", "-n", str(nice), *self.workload("hog", seconds)]))
                for _ in range(HOGS)]
        end = time.monotonic() + 10
        while not all(comm_of(hog.pid) == "wl-hog" for hog in hogs):
            self.assertLess(time.monotonic(), end, "the hogs do not run")
            time.sleep(0.02)
        for hog in hogs:
            # Each is in a session of its own; where sessions are scheduled as groups, the group's
            # own nice value counts.
            if os.path.exists(f"/proc/{hog.pid}/autogroup"):
                with open(f"/proc/{hog.pid}/autogroup", "w", encoding="ascii") as file:
                    file.write(str(nice))

    def test_large_writes_beside_hogs_are_put_off(self):
        device = self.loop(fs="ext4")
        command = self.pinned(self.workload("cached", device.path(), 1.0, 4 << 20, "write"))
        alone = self.diagnose(cmd=command).report
        self.hogs(6)
        beside = self.diagnose(cmd=command).report
        before = alone.share("preempted runqueue", op="write", device=device.name)
        after = beside.share("preempted runqueue", op="write", device=device.name)
        # With three hogs on its CPU the writer has a quarter of it: three quarters are waiting.
        self.assertGreater(after, 0.5)
        self.assertGreater(after, before + 0.2)
        self.assertEqual(beside["findings"][0]["id"], "cpu-contention")
        row = beside.row(op="write", device=device.name)
        self.assertGreater(row["switches"]["involuntary"], 10)

    def test_a_pipe_ping_pong_beside_hogs_waits_for_a_cpu(self):
        # Each end on the CPU of the hogs, which come first: to equals the scheduler would give the
        # CPU at each wake-up, as they have slept and the hogs have not.
        command = self.pinned(self.workload("ping-pong", 1000))
        alone = self.diagnose(cmd=command).report
        self.hogs(60, nice=-15)
        beside = self.diagnose(cmd=command, timeout=90).report

        def waited(report):
            return sum(report.stage(stage, target="pipe") for stage in ("runqueue", "preempted"))

        # Measured: 5 us a hand-over alone, 100 us and more beside the hogs. Three times is far below.
        self.assertGreater(waited(beside), 3 * waited(alone))
        runqueue = [report["scheduler"]["runqueue"] for report in (alone, beside)]
        self.assertGreater(runqueue[1]["sum"] / runqueue[1]["count"], runqueue[0]["sum"] / runqueue[0]["count"])
        self.assertIn("cpu-contention", beside.finding_ids())

    def test_alone_there_is_no_such_finding(self):
        report = self.diagnose(cmd=self.workload("timer-waits", 30, 5000)).report
        self.assertNotIn("cpu-contention", report.finding_ids())
