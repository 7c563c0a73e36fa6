# SPDX-License-Identifier: GPL-2.0-only
"""Runs iopath beside scripted workloads. Every report obtained through here is checked against the
invariants of the contract, whatever the test itself is about."""
import collections
import json
import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import hostdev
import invariants

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
LONG = bool(os.environ.get("IOPATH_TEST_LONG"))
# Programs of this kernel can be preempted; the runner asks iopath.
PREEMPTIBLE = bool(os.environ.get("IOPATH_TEST_PREEMPTIBLE"))
# Limits of time are for real processors; an emulated one may take so many times as long.
PATIENCE = 2 if "IOPATH_VM" in os.environ else 1
# Options for every watch, to test another way of attaching than the first: --no-attach tp_btf.
OPTIONS = os.environ.get("IOPATH_TEST_OPTIONS", "").split()


def first_executable(candidates):
    return next((path for path in candidates if os.path.isfile(path) and os.access(path, os.X_OK)), None)


def iopath_binary():
    places = ["build/dev/iopath", "build/dev/user/iopath", "build/iopath", "build/user/iopath"]
    path = os.environ.get("IOPATH") or first_executable(os.path.join(ROOT, place) for place in places)
    if not path:
        raise unittest.SkipTest("no iopath binary is built (give one with --iopath)")
    return os.path.abspath(path)


def workload_binary():
    """The scripted workload; compiled here where no build made it."""
    places = ["build/dev/workload", "build/dev/tests/workload", "build/dev/tests/support/workload"]
    path = os.environ.get("IOPATH_WORKLOAD") or first_executable(os.path.join(ROOT, p) for p in places)
    if not path:
        folder = tempfile.mkdtemp(prefix="iopath-workload-")
        path = os.path.join(folder, "workload")
        subprocess.run([hostdev.tool("g++"), "-std=c++20", "-O2", "-pthread",
                        os.path.join(HERE, "workload.cpp"), "-o", path], check=True, timeout=120)
        os.environ["IOPATH_WORKLOAD"] = path
    return os.path.abspath(path)


def long_only(test):
    return unittest.skipUnless(LONG, "takes long; run with --long")(test)


class Disturbed(Exception):
    """The kernel skipped runs of our programs, and the report says so: nothing exact can be asked of it.
    The build host does at times. From 7.0 on a thread may be preempted in a program, and others' runs of it are skipped meanwhile."""


class Report(dict):
    """The JSON report, with ways to pick rows out of it."""

    def rows(self, **wanted):
        return [row for row in self["operations"]
                if all(row.get(name) == value for name, value in wanted.items())]

    def total(self, field, **wanted):
        return sum(row[field] for row in self.rows(**wanted))

    def stage(self, name, **wanted):
        """Seconds of one stage over the rows."""
        return sum(stage["seconds"] for row in self.rows(**wanted) for stage in row["stages"]
                   if stage["stage"] == name)

    def stage_seconds(self, **wanted):
        totals = collections.Counter()
        for row in self.rows(**wanted):
            for stage in row["stages"]:
                totals[stage["stage"]] += stage["seconds"]
        return totals

    def share(self, names, **wanted):
        """Share of the named stages in the rows' time."""
        whole = self.total("seconds", **wanted)
        return sum(self.stage(name, **wanted) for name in names.split()) / whole if whole else 0.0

    def row(self, **wanted):
        found = self.rows(**wanted)
        if len(found) != 1:
            raise AssertionError(f"{len(found)} rows match {wanted}; there are "
                                 f"{[invariants.row_key(row) for row in self['operations']]}")
        return found[0]

    def block(self, device, op=None):
        return [row for row in self["block"] if row["device"] == device and op in (None, row["op"])]

    def loss(self, reason):
        return sum(loss["count"] for loss in self["losses"] if loss["reason"] == reason)

    def lost(self):
        """Losses that are there, by reason."""
        return {loss["reason"]: loss["count"] for loss in self["losses"] if loss["count"]}

    def finding_ids(self):
        return [finding["id"] for finding in self["findings"]]


def with_options(arguments):
    """A command line of iopath with OPTIONS, unless it says itself what not to attach."""
    arguments = [str(argument) for argument in arguments]
    if arguments[:1] not in (["diagnose"], ["doctor"]) or "--no-attach" in arguments:
        return arguments
    return [arguments[0], *OPTIONS, *arguments[1:]]


Run = collections.namedtuple("Run", "status out err report facts seconds")


class Watch:
    """An iopath diagnose that runs beside the test until stopped."""

    def __init__(self, case, options):
        self.case = case
        self.output = case.fresh("report.json")
        self.errors = case.fresh("iopath.err")
        self.ready_reader, ready_writer = os.pipe()
        case.addCleanup(os.close, self.ready_reader)
        command = [case.iopath, *with_options(["diagnose", "--json", "--output", self.output, "--ready-fd",
                                               ready_writer, *options])]
        if "--duration" not in options:  # the default of 10 s could end it on a loaded host
            command += ["--duration", "300"]
        with open(self.errors, "wb") as errors:
            self.process = case.spawn(command, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors,
                                      pass_fds=(ready_writer,))
        os.close(ready_writer)

    @property
    def pid(self):
        return self.process.pid

    def complaint(self):
        with open(self.errors, encoding="utf-8", errors="replace") as errors:
            return errors.read()

    def links(self):
        """Attached BPF programs, from the descriptors that the process holds."""
        folder = f"/proc/{self.pid}/fd"
        targets = [os.readlink(os.path.join(folder, name)) for name in os.listdir(folder)]
        return sum(bool(re.search(r"bpf[-_]link|raw-tracepoint", target)) for target in targets)

    def ready(self, timeout=45):
        """Waits until everything is attached, which iopath says on the descriptor of --ready-fd."""
        if not select.select([self.ready_reader], [], [], timeout)[0]:
            self.case.fail(f"iopath was not ready within {timeout} s: {self.complaint()}")
        if not os.read(self.ready_reader, 100):
            self.process.wait(timeout)
            self.case.fail(f"iopath ended ({self.process.returncode}): {self.complaint()}")
        return self

    def finish(self, timeout=20, check=True):
        """Waits for its end and returns the report."""
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.case.fail(f"iopath did not end within {timeout} s: {self.complaint()}")
        self.case.assertEqual(status, 0, self.complaint())
        return self.case.load(self.output, check)

    def stop(self, with_signal=signal.SIGINT, check=True):
        self.process.send_signal(with_signal)
        return self.finish(check=check)


class Case(unittest.TestCase):
    """Base of all tests: temporary files, private devices, children that never outlive the test."""

    maxDiff = 2000

    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            raise unittest.SkipTest("needs root")
        cls.iopath = iopath_binary()
        cls.workload_path = workload_binary()

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="iopath-test-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self._files = 0

    def fresh(self, name):
        """A path in the test's folder that no file has."""
        self._files += 1
        return os.path.join(self.folder, f"{self._files}-{name}")

    def loop(self, mebibytes=64, fs=None, **options):
        device = hostdev.LoopDevice(self.folder, mebibytes, fs, **options)
        self.addCleanup(device.close)
        return device

    def cgroup(self, suffix=""):
        group = hostdev.Cgroup(suffix)
        self.addCleanup(group.close)
        return group

    def workload(self, *words):
        return [self.workload_path, *(str(word) for word in words)]

    def spawn(self, command, **options):
        """A process in its own group, killed with that group when the test is over."""
        process = subprocess.Popen(command, start_new_session=True, **options)

        def end():
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream:
                    stream.close()

        self.addCleanup(end)
        return process

    def load(self, path, check=True):
        with open(path, encoding="utf-8") as file:
            report = Report(json.load(file))
        if check:
            self.check(report)
        return report

    def check(self, report):
        skipped = report.loss("skipped_run") if PREEMPTIBLE else 0
        if skipped:
            raise Disturbed(f"the kernel skipped {skipped} runs of our programs")
        found = invariants.problems(report)
        if found:
            more = f"\n... and {len(found) - 20} more" if len(found) > 20 else ""
            self.fail("the report breaks the contract:\n" + "\n".join(found[:20]) + more)

    def run_iopath(self, *arguments, timeout=60, **options):
        """Runs iopath to its end with both outputs captured as bytes."""
        start = time.monotonic()
        process = self.spawn([self.iopath, *with_options(arguments)],
                             stdin=options.pop("stdin", subprocess.DEVNULL),
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        try:
            out, err = process.communicate(timeout=timeout * PATIENCE)
        except subprocess.TimeoutExpired:
            self.fail(f"iopath {' '.join(map(str, arguments))} did not end within {timeout * PATIENCE} s")
        return Run(process.returncode, out, err, None, None, time.monotonic() - start)

    def diagnose(self, *options, cmd=None, check=True, status=0, timeout=60):
        """Runs `iopath diagnose --json` to its end; what CMD printed goes to a file, so that its own
        line of JSON is no I/O on a pipe, and comes back as facts."""
        output = self.fresh("report.json")
        printed = self.fresh("printed")
        command = [self.iopath, *with_options(["diagnose", "--json", "--output", output, *options])]
        command += ["--", *(str(word) for word in cmd)] if cmd else []
        start = time.monotonic()
        errors = self.fresh("errors")
        # Files, not pipes: what a daemon inherits holds up nobody.
        with open(printed, "wb") as out, open(errors, "wb") as err:
            process = self.spawn(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
            try:
                process.wait(timeout * PATIENCE)
            except subprocess.TimeoutExpired:
                self.fail(f"{' '.join(command)} did not end within {timeout * PATIENCE} s")
        spent = time.monotonic() - start
        with open(printed, "rb") as file:
            out = file.read()
        with open(errors, "rb") as file:
            err = file.read()
        if status is not None:
            self.assertEqual(process.returncode, status, err.decode(errors="replace"))
        report = self.load(output, check) if os.path.exists(output) and os.path.getsize(output) else None
        return Run(process.returncode, out, err, report, facts_in(out), spent)

    def watch(self, *options):
        return Watch(self, [str(option) for option in options])

    def gated(self, *words, **options):
        """A workload that waits for open_gate(); for watches of a process that is already there."""
        printed = open(self.fresh("printed"), "w+b")
        self.addCleanup(printed.close)
        process = self.spawn(self.workload("--gate", *words), stdin=subprocess.PIPE, stdout=printed,
                             **options)
        process.printed = printed
        return process

    def open_gate(self, *processes, timeout=60):
        """Lets gated workloads go, waits for their ends and returns what they printed."""
        for process in processes:
            process.stdin.write(b"g")
            process.stdin.flush()
        facts = []
        for process in processes:
            self.assertEqual(process.wait(timeout), 0)
            process.printed.seek(0)
            facts.append(facts_in(process.printed.read()))
        return facts[0] if len(facts) == 1 else facts

    def assert_within(self, value, low, high, what=""):
        self.assertTrue(low <= value <= high, f"{what} {value} is not within {low} and {high}")

    def assert_nothing_lost(self, report):
        """No operation went uncounted. clock_back and missed_run lose no count: they say that a span
        was taken as 0 or as `other`. The build host runs no BPF program while a thread of its
        process 1 is current (ftrace shows the events), so of very many requests, whoever's, an issue
        or a completion may go unseen: one in ten thousand, none in a small test. More of them, in one
        go, come where that process is busy: asked again."""
        lost = {reason: count for reason, count in report.lost().items()
                if reason not in ("clock_back", "missed_run")}
        requests = sum(row["count"] for row in report["block"])
        unseen = {reason: lost.pop(reason) for reason in ("no_start", "no_end") if reason in lost}
        if not lost and sum(unseen.values()) > requests // 10000:
            raise Disturbed(f"of {requests} requests not all were seen: {unseen}")
        self.assertEqual(lost, {})


def facts_in(text):
    """The last line of JSON that a workload printed, if there is one."""
    for line in reversed(text.decode(errors="replace").splitlines()):
        if line.startswith("{"):
            return json.loads(line)
    return None
