# SPDX-License-Identifier: GPL-2.0-only
"""Tests with workloads that use io_uring."""
from harness import Case


class UringCase(Case):
    def diagnosed(self, *words, options=()):
        """The run of a workload, or the test is skipped where io_uring cannot do what it asks for."""
        run = self.diagnose(*options, cmd=self.workload(*words))
        self.need(run.facts, *words)
        return run

    def need(self, facts, *words):
        if not facts["supported"]:
            self.skipTest(f"{words[0]} {words[-1]} is not possible here")

    def uring(self, *words):
        run = self.diagnosed(*words)
        self.assert_nothing_lost(run.report)
        self.assertEqual(run.report["not_followed"]["io_uring_enters"], 0)
        return run.report, run.facts

    def interface(self, report, name="io_uring"):
        found = [row for row in report["async"] if row["interface"] == name]
        self.assertEqual(len(found), 1)
        return found[0]
