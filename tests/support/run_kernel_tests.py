#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs the kernel tests and the scenarios one after the other: they count what the whole machine does,
so no two may run at once. One line a test; the last line is `N passed, N failed, N skipped`.

The machine is shared, its virtual machines are emulated: what it does beside a test fails one now and then. A test
that failed is run again, and has passed if it passes twice in a row; its line then says how it failed at first.

    run_kernel_tests.py [--iopath BINARY] [--workload BINARY] [--long] [--once] [-k PATTERN]... [--not PATTERN]...
                        [--in FOLDER]... [--list]
"""
import argparse
import fnmatch
import glob
import importlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
FOLDERS = ("kernel", "scenarios")
TEST_LIMIT_SECONDS = 240 if "IOPATH_VM" in os.environ else 120
LONG_LIMIT_SECONDS = 600
DISTURBED_TRIES = 5
PASSES_AFTER_FAILURE = 2
DETAIL_LINES = 25
DETAIL_COLUMNS = 1000


def keep_binaries(folder):
    """Tests run copies, so that a build that goes on beside them does not take a binary away."""
    import harness

    for name, find in (("IOPATH", harness.iopath_binary), ("IOPATH_WORKLOAD", harness.workload_binary)):
        try:
            os.environ[name] = shutil.copy(find(), folder)
        except unittest.SkipTest:
            pass  # each test says so itself


def parse_arguments():
    parser = argparse.ArgumentParser(description="kernel tests and scenarios of iopath")
    parser.add_argument("--iopath", help="the binary to test")
    parser.add_argument("--workload", help="the scripted workload; compiled if not given")
    parser.add_argument("--long", action="store_true", help="run the long tests too")
    parser.add_argument("--once", action="store_true", help="run no test again that failed")
    parser.add_argument("-k", action="append", default=[], metavar="PATTERN",
                        help="only tests whose name holds PATTERN (or matches it, with *)")
    parser.add_argument("--not", action="append", default=[], metavar="PATTERN", dest="without",
                        help="no tests of such names")
    parser.add_argument("--in", action="append", default=[], metavar="FOLDER", dest="folders",
                        help="of these folders of tests/ (default: kernel and scenarios)")
    parser.add_argument("--list", action="store_true", help="only print the names")
    parser.add_argument("--verbose", action="store_true", help="print whole tracebacks")
    return parser.parse_args()


def programs_are_preemptible():
    """What doctor knows of this kernel; see harness.Disturbed."""
    import harness

    try:
        said = subprocess.run([harness.iopath_binary(), "doctor", "--json"], capture_output=True, check=False)
        facts = {fact["name"]: fact["value"] for fact in json.loads(said.stdout)["facts"]}
    except (unittest.SkipTest, OSError, ValueError):
        return False
    return facts.get("preemptible_programs") == "yes"


def load_module(path):
    name = os.path.splitext(os.path.basename(path))[0]
    spec = importlib.util.spec_from_file_location(f"{os.path.basename(os.path.dirname(path))}_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def flatten(suite):
    for part in suite:
        if isinstance(part, unittest.TestSuite):
            yield from flatten(part)
        else:
            yield part


def short_name(test):
    """FOLDER_test_FILE.Class.test_name, less what every name has."""
    module, _, rest = test.id().partition(".")
    return f"{module.replace('_test_', '/')}.{rest.partition('.')[2].removeprefix('test_')}"


def matches(test, patterns):
    name = test.id() + " " + short_name(test)
    return any(fnmatch.fnmatch(name, f"*{pattern}*") for pattern in patterns)


class OutOfTime(Exception):
    pass


def on_alarm(_number, _frame):
    raise OutOfTime("the test ran out of time")


def on_end(number, _frame):
    # As an exception, so that cleanups run: devices, mounts and cgroups go.
    raise SystemExit(128 + number)


class Printer(unittest.TestResult):
    """Prints a line for each test as it ends."""

    def __init__(self, verbose, once):
        super().__init__()
        self.verbose = verbose
        self.once = once
        self.passed = 0
        self.began = 0.0
        self.notes = []
        self.tries_left = 0  # of a test that the kernel disturbs
        self.disturbed = False
        self.passes_due = 0  # of a test that failed
        self.first_failure = ""

    def startTest(self, test):
        super().startTest(test)
        self.began = time.monotonic()
        self.notes = []

    def startOver(self):
        """The next one is another test."""
        self.passes_due = 0
        self.first_failure = ""

    def line(self, word, test, reason=""):
        spent = time.monotonic() - self.began if self.began else 0.0
        tail = f"  {reason}" if reason else ""
        print(f"{word} {short_name(test)} ({spent:.1f} s){tail}", flush=True)

    def stopTest(self, test):
        super().stopTest(test)
        word, detail = self.notes[0] if self.notes else ("PASS", "")
        self.disturbed = word == "AGAIN"
        if word == "FAIL" and not self.once and not self.first_failure:
            self.first_failure = detail or "no reason"
            self.passes_due = PASSES_AFTER_FAILURE
        elif word == "PASS" and self.passes_due:
            self.passes_due -= 1
        elif word != "AGAIN":
            self.passes_due = 0
        if self.disturbed or self.passes_due:
            self.testsRun -= 1
        elif word == "PASS":
            self.passed += 1
            self.line(word, test, self.first_failure and self.unsteady())
        else:
            self.line(word, test, "" if word == "FAIL" else detail)
            if word == "FAIL":
                self.detail(detail)

    def unsteady(self):
        reason = self.first_failure.splitlines()[0][:DETAIL_COLUMNS]
        return f"failed at first, then passed {PASSES_AFTER_FAILURE} times: {reason}"

    def detail(self, text):
        lines = text.rstrip().splitlines()
        if len(lines) > DETAIL_LINES and not self.verbose:
            lines[DETAIL_LINES:] = [f"... {len(lines) - DETAIL_LINES} lines more (--verbose)"]
        print("\n".join(f"    {line[:DETAIL_COLUMNS]}" for line in lines), flush=True)

    def explain(self, error):
        kind, value, trace = error
        if self.verbose or not issubclass(kind, (AssertionError, OutOfTime)):
            return "".join(traceback.format_exception(kind, value, trace))
        where = [frame for frame in traceback.extract_tb(trace) if os.path.basename(frame.filename).startswith("test_")]
        place = f"{os.path.basename(where[-1].filename)}:{where[-1].lineno}: " if where else ""
        return f"{place}{value or kind.__name__}"

    def addError(self, test, err):
        super().addError(test, err)
        if self.tries_left and err[0].__name__ == "Disturbed":
            self.notes.insert(0, ("AGAIN", str(err[1])))
            self.errors.pop()
            return
        if not isinstance(test, unittest.TestCase):  # a class or module that could not be set up
            print(f"FAIL {test}\n    {self.explain(err)}", flush=True)
        self.notes.append(("FAIL", self.explain(err)))

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.notes.append(("FAIL", self.explain(err)))

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None and self.tries_left and err[0].__name__ == "Disturbed":
            self.notes.insert(0, ("AGAIN", str(err[1])))
        elif err is not None:
            self.notes = [note for note in self.notes if note[0] == "FAIL"]
            detail = f"[{subtest._subDescription()}] {self.explain(err)}"
            if self.notes:
                detail = self.notes[0][1] + "\n" + detail
            self.notes = [("FAIL", detail)]

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.notes.append(("SKIP", reason))


def class_is_skipped(test):
    """Classes are set up once each by unittest's suites; here by hand, one test at a time."""
    try:
        type(test).setUpClass()
    except unittest.SkipTest as reason:
        return str(reason)
    return None


def run_one(test, printer, limit):
    printer.startOver()
    try:
        reason = class_is_skipped(test)
        if reason is None:
            run_again = True
            while run_again:
                signal.alarm(limit)
                for printer.tries_left in range(DISTURBED_TRIES, -1, -1):
                    test.run(printer)
                    if not printer.disturbed:
                        break
                run_again = printer.passes_due > 0
        else:
            printer.startTest(test)
            printer.addSkip(test, reason)
            printer.stopTest(test)
    except OutOfTime as late:
        print(f"FAIL {short_name(test)} {late}", flush=True)
        printer.errors.append((test, str(late)))
    finally:
        signal.alarm(0)


def main():
    arguments = parse_arguments()
    for name, value in (("IOPATH", arguments.iopath), ("IOPATH_WORKLOAD", arguments.workload)):
        if value:
            os.environ[name] = os.path.abspath(value)
    if arguments.long:
        os.environ["IOPATH_TEST_LONG"] = "1"
    sys.path.insert(0, HERE)
    sys.path += [os.path.join(TESTS, folder) for folder in arguments.folders]  # what their tests share
    sys.dont_write_bytecode = True
    if not arguments.list and programs_are_preemptible():
        os.environ["IOPATH_TEST_PREEMPTIBLE"] = "1"
        importlib.reload(sys.modules["harness"])
    import hostdev

    files = [path for folder in arguments.folders or FOLDERS
             for path in sorted(glob.glob(os.path.join(TESTS, folder, "test_*.py")))]
    loader = unittest.TestLoader()
    tests = [test for path in files for test in flatten(loader.loadTestsFromModule(load_module(path)))]
    tests = [test for test in tests if (not arguments.k or matches(test, arguments.k))
             and not matches(test, arguments.without)]
    if arguments.list:
        print("\n".join(short_name(test) for test in tests))
        return 0
    signal.signal(signal.SIGALRM, on_alarm)
    signal.signal(signal.SIGTERM, on_end)
    signal.signal(signal.SIGINT, on_end)
    signal.signal(signal.SIGHUP, on_end)
    if os.geteuid() == 0:
        hostdev.sweep()
    printer = Printer(arguments.verbose, arguments.once)
    with tempfile.TemporaryDirectory(prefix="iopath-test-binaries-") as folder:
        keep_binaries(folder)
        for test in tests:
            run_one(test, printer, LONG_LIMIT_SECONDS if arguments.long else TEST_LIMIT_SECONDS)
    failed = printer.testsRun - printer.passed - len({test.id() for test, _ in printer.skipped})
    print(f"{printer.passed} passed, {failed} failed, {len(printer.skipped)} skipped")
    return 1 if failed or not printer.testsRun else 0


if __name__ == "__main__":
    sys.exit(main())
