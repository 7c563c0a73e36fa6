# SPDX-License-Identifier: GPL-2.0-only
"""Steps of the clock: durations come from one that does not step."""
import subprocess
import time

from harness import Case, long_only

STEP_SECONDS = 3600


class ClockSteps(Case):
    def step(self, seconds):
        """Moves CLOCK_REALTIME, keeping what has passed meanwhile."""
        time.clock_settime_ns(time.CLOCK_REALTIME,
                              time.clock_gettime_ns(time.CLOCK_REALTIME) + seconds * 10 ** 9)

    @long_only  # others on this machine see the step, if only for a third of a second
    def test_a_step_changes_no_duration(self):
        try:
            self.step(0)
        except PermissionError:
            self.skipTest("the clock may not be set here (CAP_SYS_TIME)")
        for step in (STEP_SECONDS, -STEP_SECONDS):
            with self.subTest(step=step):
                watch = self.watch("--duration", "1.5").ready()
                process = self.spawn(self.workload("idle-threads", 2, 1.0, 50), stdout=subprocess.DEVNULL)
                time.sleep(0.3)
                self.step(step)
                try:
                    time.sleep(0.3)
                finally:
                    self.step(-step)
                start = time.monotonic()
                report = watch.finish(timeout=10)
                self.assertLess(time.monotonic() - start, 5)
                self.assertEqual(process.wait(10), 0)
                self.assert_within(report["interval"]["seconds"], 1.5, 1.8)
                longest = max(row["latency"]["max"] for row in report.rows(op="read", target="pipe"))
                self.assertLess(longest, 2.0)
                self.assertEqual(report.loss("clock_back"), 0)
