#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Two nodes with one ocfs2, in two guests at a time: tests/vm/cluster/.

    tests/vm/test_cluster.py [KERNEL...]      default: 6.1 and newest

Prints what node 1 and node 2 say, and `PASS KERNEL`, `FAIL KERNEL` or `SKIP KERNEL  reason`. Exit status 77: all skipped.
Takes two or three minutes a kernel."""
import os
import re
import subprocess
import sys
import tempfile
import threading

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SKIPPED, GUEST_ENDED = 77, 125
LIMIT = 420  # seconds
KERNELS = ["6.1", "newest"]
# Node 2 dies in the last one, of its own hand.
TESTS = "modprobe -a ocfs2 ocfs2_stack_o2cb && exec python3 -u /iopath/tests/support/run_kernel_tests.py --in vm/cluster --long --once --verbose"


class Guest:
    def __init__(self, kernel, number, folder):
        words = ["scripts/vm", kernel, "--tests", "--package", "ocfs2-tools", "--cpus", "1", "--timeout", str(LIMIT),
                 "--link", f"{folder}:{number}", "--share", os.path.join(folder, "disk"),
                 "--", "env", f"IOPATH_NODE={number}", "bash", "-c", TESTS]
        self.number = number
        self.lines = []
        self.process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        self.thread = threading.Thread(target=self._read)
        self.thread.start()

    def _read(self):
        for line in self.process.stdout:
            print(f"node {self.number}: {line}", end="", flush=True)
            self.lines.append(line)

    def end(self):
        """Its status; ended by force where it does not."""
        try:
            self.process.wait(LIMIT + 60)
        except subprocess.TimeoutExpired:
            self.process.terminate()
        self.process.wait()
        self.thread.join()
        return self.process.returncode

    def passed(self):
        return [line for line in self.lines if line.startswith("PASS ")]


def try_kernel(kernel):
    """(word, reason)"""
    # Both take these from the cache, or wait for each other.
    fetched = subprocess.run(["scripts/vm", "--fetch-only", "--package", "ocfs2-tools", kernel], cwd=ROOT, capture_output=True, text=True, check=False)
    if fetched.returncode:
        word = "SKIP" if fetched.returncode == SKIPPED else "FAIL"
        return word, (re.findall(r"skipped: (.*)", fetched.stderr) or [fetched.stderr.strip()])[-1]
    with tempfile.TemporaryDirectory(prefix="iopath-cluster-", dir="/tmp") as folder:
        with open(os.path.join(folder, "disk"), "wb") as disk:
            disk.truncate(400 << 20)
        guests = [Guest(kernel, number, folder) for number in (1, 2)]
        try:
            statuses = [guest.end() for guest in guests]
        finally:
            for guest in guests:
                guest.process.terminate()
                guest.process.wait()
    if statuses == [0, GUEST_ENDED] and len(guests[0].passed()) == 3 and len(guests[1].passed()) == 2:
        return "PASS", ""
    return "FAIL", f"the guests ended with {statuses}"


def main():
    results = []
    for kernel in sys.argv[1:] or KERNELS:
        word, reason = try_kernel(kernel)
        results.append(word)
        print(f"{word} {kernel}" + (f"  {reason}" if reason else ""), flush=True)
    if set(results) == {"SKIP"}:
        return SKIPPED
    return 1 if "FAIL" in results else 0


if __name__ == "__main__":
    sys.exit(main())
