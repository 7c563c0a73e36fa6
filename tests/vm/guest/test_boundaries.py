# SPDX-License-Identifier: GPL-2.0-only
"""The same numbers whether operations begin and end at system calls or at the kernel's functions: of scripted valid
calls the operations and bytes exactly, and, with --long, the shares of the stages within five points, the wall time
within what entering the kernel costs."""
import collections
import os
import sys

from forced import Forced, counts
from harness import LONG

SHARE_POINTS = 0.05
# Of an emulated processor: what lies between the entry of a call and the function behind it.
ENTRY_SECONDS = 300e-6
# open() and openat() come by one function; which of their arguments is the path is another matter.
FAILING = """
import ctypes, os, socket, sys
def fails(call, *arguments):
    try:
        call(*arguments)
    except OSError:
        return
    raise AssertionError(f"{call} {arguments} did not fail")
missing = os.fsencode(sys.argv[1]) + b"/missing"
for _ in range(3):
    if os.uname().machine == "x86_64":
        assert ctypes.CDLL(None).syscall(ctypes.c_long(2), missing, 0) < 0  # open
    fails(os.open, missing, os.O_RDONLY)
    fails(os.stat, missing)
    fails(socket.socket(socket.AF_UNIX).connect, missing)
    fails(os.read, os.open(sys.argv[1], os.O_RDONLY), 1)
"""
ROUNDS = 6  # runs differ by what else the machine does: all so far are compared, until they agree
FRESH_FILE = "FRESH"


class Boundaries(Forced):
    def both(self, words, order):
        """The runs at system calls and at functions; the first of two leaves other traces than the second, hence `order`."""
        self.reference("function")  # or a skip
        runs = {}
        for boundary in order:
            # A new file for each: one that is there already is cheaper to write.
            fresh = [f"{Forced.device.mount}/{os.path.basename(self.fresh('data'))}" if word == FRESH_FILE else word for word in words]
            runs[boundary] = self.diagnose("--boundary", boundary, cmd=self.workload(*fresh))
        return runs["syscall"], runs["function"]

    def compare(self, wanted, *words):
        """`wanted`: (op, target) that both must have."""
        sums = {(op, target): (collections.Counter(), collections.Counter()) for op, target in wanted}
        for attempt in range(ROUNDS):
            runs = self.both(words, ("syscall", "function")[::1 if attempt % 2 else -1])
            for (op, target), (syscall, function) in sums.items():
                self.compare_counts(*(run.report for run in runs), op, target)
                syscall.update(self.seconds(runs[0].report, op, target))
                function.update(self.seconds(runs[1].report, op, target))
            differences = []
            if LONG:  # beside another guest the shares are a matter of chance; counts and clocks are not
                differences += [text for (op, target), both in sums.items() for text in self.times(*both, f"{op} on {target}")]
            differences += [text for run in runs for text in self.against_own_clock(run)]
            if not differences:
                return
        self.fail(f"after {ROUNDS} runs: " + "; ".join(differences))

    def against_own_clock(self, run):
        """A workload that measures its calls knows better than another run."""
        for op in ("write", "sync"):
            own = run.facts.get(f"{op}_seconds") if Forced.device.mount in str(run.report["scope"]) else None
            if own is None:
                continue
            wanted = {"op": op, "target": "file", "device": Forced.device.name}
            seen, count = run.report.total("seconds", **wanted), run.report.total("count", **wanted)
            if not own - count * ENTRY_SECONDS - 0.05 * own <= seen <= own:
                yield f"{op}: {seen:.6f} s, the workload's own clock says {own:.6f} s"

    def compare_counts(self, syscall, function, op, target):
        one, other = ({key: value for key, value in counts(report, (op,)).items() if key[1] == target and self.ours(key)}
                      for report in (syscall, function))
        self.assertTrue(one, f"no {op} on {target}")
        self.assertEqual(other, one, f"{op} on {target}: at functions, and at system calls")
        for report in (syscall, function):
            self.assert_nothing_lost(report)

    def ours(self, key):
        """Not what the start of a program does to its libraries."""
        return key[1] != "file" or key[4] == Forced.device.name

    @staticmethod
    def seconds(report, op, target):
        """Of each stage, and under "wall" of all; under "count" how many."""
        wanted = {"op": op, "target": target}
        if target == "file":
            wanted["device"] = Forced.device.name
        sums = collections.Counter(wall=report.total("seconds", **wanted), count=report.total("count", **wanted))
        for row in report.rows(**wanted):
            for stage in row["stages"]:
                sums[stage["stage"]] += stage["seconds"]
        return sums

    @staticmethod
    def times(syscall, function, name):
        walls, entries = (syscall["wall"], function["wall"]), syscall["count"] * ENTRY_SECONDS
        # The share of a wall time that is mostly the entry itself says nothing.
        if walls[0] > entries * 5:
            for stage in (set(syscall) | set(function)) - {"wall", "count"}:
                shares = [sums[stage] / sums["wall"] for sums in (syscall, function)]
                if abs(shares[0] - shares[1]) > SHARE_POINTS:
                    yield f"{name}: {stage} has {shares[0]:.1%} at system calls, {shares[1]:.1%} at functions"
        # How long a disk takes is another thing each time.
        if not name.endswith("file") and abs(walls[0] - walls[1]) > entries + 0.05 * walls[0]:
            yield f"{name}: {walls[0]:.6f} s at system calls, {walls[1]:.6f} s at functions"

    def test_pipes(self):
        self.compare([("read", "pipe"), ("write", "pipe")], "ping-pong", 200)

    def test_pipes_that_wait(self):
        self.compare([("read", "pipe"), ("write", "pipe")], "pipe-stream", "slow-writer", 100, 4096, 5000)

    def test_files(self):
        self.compare([("write", "file"), ("sync", "file"), ("open", "file")],
                     "write-fsync", FRESH_FILE, 30, 3000)

    def test_devices(self):
        self.compare([("read", "blockdev")], "direct-reads", self.loop().node, 50, 4096)

    def test_unix_sockets(self):
        self.compare([("send", "unix"), ("recv", "unix")], "unix-ping", 100)

    def test_failures(self):
        self.reference("function")  # or a skip
        told = {}
        for boundary in ("syscall", "function"):
            report = self.diagnose("--boundary", boundary, cmd=[sys.executable, "-S", "-E", "-c", FAILING, self.folder]).report
            told[boundary] = {(row["op"], row["errno"], row["path"].replace(self.folder, "")): row["count"]
                              for row in report["failures"] if (row["path"] or "").startswith(self.folder)}
        self.assertEqual(told["function"], told["syscall"])
        self.assertEqual(told["syscall"], {
            ("open", "ENOENT", "/missing"): 6 if os.uname().machine == "x86_64" else 3, ("metadata", "ENOENT", "/missing"): 3,
            ("connect", "ENOENT", "/missing"): 3, ("read", "EISDIR", ""): 3})
