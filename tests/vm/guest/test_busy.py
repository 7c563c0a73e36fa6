# SPDX-License-Identifier: GPL-2.0-only
"""Many threads that take one another's CPU: a kernel with lazy preemption (Debian's 6.18) preempts fentry programs,
7.3 those on tracepoints too, and skips a program where another thread is in the middle of it. What iopath attaches
there must be none of these."""
import os

from forced import Forced

PAIRS = 4
READERS = 100
ROUNDS = 1000


class Busy(Forced):
    def watch_all(self, *options):
        script = self.fresh("script")
        with open(script, "w", encoding="ascii") as file:
            file.write(f'"{self.workload_path}" ping-pong {ROUNDS} >/dev/null &\n' * PAIRS + "wait\n")
        os.chmod(script, 0o755)
        return self.diagnose(*options, cmd=["sh", script]).report

    def calls(self, report):
        """Of the pipes, reads and writes."""
        return [report.total("count", op=op, target="pipe") for op in ("read", "write")]

    def exact(self, boundary):
        self.reference(boundary)
        report = self.watch_all("--boundary", boundary)
        self.assertEqual(self.calls(report), [2 * PAIRS * ROUNDS] * 2, report.lost())
        self.assert_nothing_lost(report)

    def test_at_system_calls(self):
        self.exact("syscall")

    def test_at_functions(self):
        self.exact("function")

    def test_at_functions_by_kprobes_nothing_is_lost_in_silence(self):
        """The kernel keeps a limited number of returns at a time: what it has no room for is said."""
        self.reference("function")
        report = self.watch_all("--boundary", "function", "--no-attach", "fentry,kprobe_multi")
        missing = sum(2 * PAIRS * ROUNDS - count for count in self.calls(report))
        self.assertGreaterEqual(missing, 0)
        self.assertGreaterEqual(sum(report.lost().values()), missing, report.lost())

    def test_many_processes_that_get_their_rows_at_once(self):
        """Without atomics that give a result numbers are claimed one by one, by all CPUs at the same time."""
        for _ in range(2):
            report = self.diagnose("--by", "process", "--no-attach", "typed", check=False, cmd=[
                "bash", "-c", f"for i in $(seq {READERS}); do read -r x </etc/passwd & done; wait"]).report
            self.assertEqual(report.loss("map_full"), 0, report.lost())
            if not report.lost():
                readers = {row["pid"] for row in report.rows(op="read", target="file") if row["comm"] == "bash"}
                self.assertGreaterEqual(len(readers), READERS)
