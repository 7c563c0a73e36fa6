# SPDX-License-Identifier: GPL-2.0-only
"""Every alternative of every probe, forced by forbidding those before it: the operations and bytes are those of the
first way, the ledger balances, and what is dark says so. All probes go down their lists together; each layer, and
where it is long each probe, is made dark alone."""
import json
import unittest

from forced import Forced, counts, lit, probes, programs
from harness import LONG

MOST_ALTERNATIVES = 8
# Without these there is nothing to observe operations with, or nobody to follow a command's processes.
NEEDED = ("syscall", "syscall_enter", "syscall_exit", "sched", "process_fork", "process_exec")


def of_layer(coverage, layer):
    return [line for line in probes(coverage) if line["layer"] == layer]


def attached(coverage):
    """Programs in use, less the iterators: without them nobody follows a command's processes."""
    return programs(line for line in coverage if line["how"] != "iter")


class Alternatives(Forced):
    def levels(self, boundary, check):
        """Runs with what is in use forbidden, again and again, until nothing is left to observe operations with."""
        forbidden = attached(self.reference(boundary)["coverage"])
        for level in range(1, MOST_ALTERNATIVES):
            run = self.forced(boundary, *forbidden, status=None)
            said = run.err.decode(errors="replace")
            if run.status == 3:
                self.assertRegex(said, "no-attach|forbidden|dark")
                return level
            self.assertEqual(run.status, 0, said)
            coverage = run.report["coverage"]
            self.assertEqual(programs(coverage) & forbidden, set(), "a forbidden program is in use")
            self.note(coverage)
            with self.subTest(level=level, ways=sorted({line["how"] for line in coverage})):
                check(run.report)
            forbidden |= attached(coverage)
        return self.fail("there is always one more alternative")

    def test_every_way_at_system_calls(self):
        levels = self.levels("syscall", lambda report: self.assert_same_counts(report, self.reference("syscall")))
        untyped_only = {"name": "flavour", "value": "untyped"} in self.doctor()["facts"]
        self.assertGreaterEqual(levels, 1 if untyped_only else 2, "the system calls have one alternative only")

    def test_every_way_at_functions(self):
        # Further down are functions that see more or fewer calls: only the first way's counts are a measure.
        self.levels("function", self.assert_nothing_lost)

    def only(self, how, *forbidden):
        reference = self.reference("function")
        report = self.forced("function", *forbidden).report
        self.note(report["coverage"])
        hows = {line["how"] for line in of_layer(report["coverage"], "function")}
        self.assertEqual(hows - {"dark"}, {how})
        self.assertEqual({line["probe"] for line in of_layer(report["coverage"], "function") if line["how"] == "dark"},
                         {line["probe"] for line in of_layer(reference["coverage"], "function") if line["how"] == "dark"})
        self.assert_same_counts(report, reference)

    def test_kprobes_in_place_of_fentry(self):
        self.only("kprobe", "fentry", "kprobe_multi")

    def test_untyped_kprobes(self):
        self.only("kprobe", "fentry", "kprobe_multi", "typed")

    def test_kprobes_that_keep_every_return(self):
        if not any(fact["name"] == "function.fprobe_return" for fact in self.doctor()["facts"]):
            self.skipTest("before 6.14 kprobe.multi keeps few returns at a time, and is not used")
        self.only("kprobe_multi", "fentry", "kprobe")
        self.only("kprobe_multi", "fentry", "kprobe", "typed")

    def test_pipe_functions_in_place_of_reads_and_writes(self):
        reference = self.reference("function")
        for more in ((), ("fentry",), ("fentry", "kprobe_multi")):
            with self.subTest(forbidden=more):
                report = self.forced("function", "vfs_read", "vfs_write", *more).report
                self.note(report["coverage"])
                self.assertLessEqual({"pipe_read", "pipe_write"}, {line["probe"] for line in lit(report["coverage"])})
                self.assert_nothing_lost(report)
                pipes = [{key: value for key, value in counts(one, ("read", "write")).items() if key[1] == "pipe"}
                         for one in (report, reference)]
                self.assertEqual(*pipes)


class Dark(Forced):
    """Without a part of the probes the rest goes on, and no count is wrong."""

    def without(self, boundary, name):
        reference = self.reference(boundary)
        run = self.forced(boundary, name, status=None)
        said = run.err.decode(errors="replace")
        if name in NEEDED or name == boundary:
            self.assertEqual(run.status, 3, said)
            self.assertRegex(said, "no-attach|dark")
            return
        self.assertEqual(run.status, 0, said)
        report = run.report
        for line in reference["coverage"]:
            if name in (line["probe"], line["layer"]):
                self.assert_dark(report["coverage"], line["probe"])
        if boundary == "syscall":
            self.assert_same_counts(report, reference)
            return
        self.assert_nothing_lost(report)
        wanted = counts(reference)
        more = {key: value for key, value in counts(report).items() if value > wanted.get(key, (0,))}
        self.assertEqual(more, {}, "more than with that probe")


def add_dark(boundary, name):
    def test(self):
        self.without(boundary, name)
    setattr(Dark, f"test_{boundary}_without_{name}", test)


def add_all():
    """Layers; where it is long every probe."""
    case = Forced("doctor")
    try:
        Forced.setUpClass()
        case.setUp()
        coverages = {"syscall": case.doctor("--boundary", "syscall")["coverage"]}
        if LONG:
            done = case.run_iopath("doctor", "--json", "--boundary", "function")
            coverages["function"] = of_layer(json.loads(done.out)["coverage"], "function")
    except (unittest.SkipTest, AssertionError, ValueError):  # each test says why
        return
    finally:
        case.doCleanups()
    for boundary, coverage in coverages.items():
        lines = probes(coverage)
        names = [line["layer"] for line in lines] + [line["probe"] for line in lit(lines)] * LONG
        for name in dict.fromkeys(names):
            add_dark(boundary, name)


def load_tests(loader, _standard, _pattern):
    add_all()
    return unittest.TestSuite(loader.loadTestsFromTestCase(kind) for kind in (Alternatives, Dark))
