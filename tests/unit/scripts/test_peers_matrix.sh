#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# scripts/peers-matrix: bad usage, its verdicts on what real tools printed, and its table. No guest is booted.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/expect.sh"

command -v python3 >/dev/null || {
    echo "python3 is not installed"
    exit 77
}
matrix=$REPOSITORY/scripts/peers-matrix
expect_status 2 "$matrix" --no-such-option
expect_status 2 "$matrix" linux
expect_output "unknown kernel linux: a series such as 6.1"
expect_status 2 "$matrix" 6.1/mips
expect_output "unknown architecture mips"
expect_status 2 "$matrix" --tool fdisk
expect_output "unknown tool fdisk: one of biolatency,"
expect_status 2 "$matrix" --json /nowhere/at/all
expect_output "cannot write /nowhere/at/all"

cat >"$WORK/test.py" <<'END'
import copy
import re
import sys
import unittest

sys.dont_write_bytecode = True
sys.path[:0] = [sys.argv[1] + "/scripts/lib", sys.argv[1] + "/scripts/lib/peers/guest"]
import run  # the guest's side
from peers import catalogue, exactness, table

LOG2 = """     usecs               : count    distribution
         0 -> 1          : {}        |                    |
         2 -> 3          : {}        |****                |
"""
TOOLS = {(tool.package, tool.name): tool for tool in catalogue.tools()}


class Data(unittest.TestCase):
    """Output of 0.26.0 and 0.17.0 on 6.12, and the same with nothing in it."""

    def check(self, name, full, *empty, package=catalogue.LIBBPF):
        pattern = re.compile(TOOLS[package, name].data)
        self.assertTrue(pattern.search(full), full)
        for text in empty:
            self.assertFalse(pattern.search(text), text)

    def test_libbpf_tools(self):
        for name in ("biolatency", "ext4dist", "runqlat", "tcprtt", "tcpsynbl"):
            self.check(name, LOG2.format(0, 3), LOG2.format(0, 0), "Tracing... Hit Ctrl-C to end.\n")
        self.check("runqlen", "     runqlen       : count     distribution\n        0          : 1027     |****|\n", "        0          : 0        |    |\n")
        self.check("hardirqs", "HARDIRQ    TOTAL_usecs\nvirtio1-req.0           2828\n", "HARDIRQ    TOTAL_usecs\nvirtio1-req.0              0\n")
        self.check("softirqs", "timer                  16292\n", "SOFTIRQ          TOTAL_usecs\ntimer                      0\n")
        self.check("vfsstat", "TIME         READ/s  WRITE/s  FSYNC/s   OPEN/s CREATE/s\n17:40:28:       357       75        0       33        0\n",
                   "TIME         READ/s  WRITE/s  FSYNC/s   OPEN/s CREATE/s\n17:40:28:         0        0        0        0        0\n")
        self.check("readahead", "Readahead unused/total pages: 20/20\n", "Readahead unused/total pages: 0/0\n")
        self.check("filelife", "17:56:46 235    activity         0.00    short-lived\n", "17:54:29 227    python3          0.00    ??\n",
                   "17:54:29 227    activity         0.00    ??\n")
        self.check("biotop", "234    activity         W 254 0   vda     14    63.0    0.12\n", "234    jbd2/vda-8       W 254 0\n")

    def test_bpftrace_tools(self):
        full = "@usecs: \n[16, 32)               1 |@                 |\n[2K, 4K)               5 |@@@@@             |\n"
        for name in ("biolatency.bt", "runqlat.bt", "tcpsynbl.bt"):
            self.check(name, full, "Attaching 6 probes...\nTracing block device I/O... Hit Ctrl-C to end.\n", package=catalogue.BPFTRACE)
        self.check("vfscount.bt", "@[vfs_read]: 16929\n", "Attaching 70 probes...\n", package=catalogue.BPFTRACE)
        self.check("tcpretrans.bt", "18:01:02 0        127.0.0.1:33086 127.0.0.1:40101 ESTABLISHED\n", "TIME     PID\n", package=catalogue.BPFTRACE)

    def test_every_tool_is_there_once(self):
        self.assertEqual(len(TOOLS), len(catalogue.tools()))
        self.assertEqual({tool.group for tool in TOOLS.values()}, set(catalogue.GROUPS))


class Verdicts(unittest.TestCase):
    def judge(self, found=None, by_itself=True, killed=False, status=0, output="", complaints=""):
        return run.judge(found, by_itself, killed, status, output, complaints)

    def test_data_whatever_it_says_besides(self):
        self.assertEqual(self.judge(found=True, status=1, complaints="failed\n"), ("data", ""))

    def test_rejected_programs_fail_with_their_first_complaint(self):
        text = "note\nlibbpf: prog 'a': BPF program load failed: Permission denied\nfailed to load BPF object: -13\n"
        self.assertEqual(self.judge(status=1, complaints=text)[1], "libbpf: prog 'a': BPF program load failed: Permission denied")

    def test_status_0_hides_no_failure(self):
        self.assertEqual(self.judge(complaints="failed to load attach x\n"), ("fails", "failed to load attach x"))

    def test_a_crash_is_named(self):
        self.assertEqual(self.judge(status=-11, output="TIME\n"), ("fails", "killed by signal 11"))

    def test_attached_to_nothing_is_empty_with_the_reason(self):
        verdict = self.judge(by_itself=False, output="Attaching 6 probes...\nTIME\n", complaints="WARNING: could not attach probe x, skipping.\n")
        self.assertEqual(verdict, ("empty", "WARNING: could not attach probe x, skipping."))

    def test_nothing_in_the_whole_time_is_no_start(self):
        self.assertEqual(self.judge(by_itself=False, killed=True, output="Attaching 6 probes...\n"), ("fails", "did not start in time"))


class Tables(unittest.TestCase):
    def record(self):
        def tool(package, group, name, verdict, reason=""):
            return {"package": package, "group": group, "tool": name, "verdict": verdict, "reason": reason}

        gone = "libbpf: prog 'blk': failed to find kernel BTF type ID of 'blk': -3"
        return {"release": "6.1.0-1", "iopath": {"lit": 2, "of": 3, "dark": {"aio": "not followed"}, "differences": []}, "tools": [
            tool("libbpf-tools", "storage", "biolatency", "data"), tool("libbpf-tools", "storage", "biosnoop", "fails", gone),
            tool("libbpf-tools", "storage", "biotop", "fails", gone), tool("libbpf-tools", "TCP", "new", "missing"),
            tool("libbpf-tools", "TCP", "tcplife", "empty"), tool("bpftrace", "TCP", "tcplife.bt", "data")]}

    def test_text(self):
        text = table.render([self.record()])
        self.assertRegex(text, r"(?m)^6\.1\.0-1 +1/3 +- +- +0/1 +1/4 +1/1 +2/3 +yes$")
        self.assertIn("  libbpf-tools: biosnoop, biotop: no blk in the kernel\n", text)
        self.assertIn("  libbpf-tools: tcplife: prints no data\n", text)
        self.assertIn("  iopath: aio dark: not followed", text)

    def test_markdown(self):
        text = table.markdown([self.record()], {"libbpf-tools": "0.26"}, "2026-01-02")
        self.assertIn("| 6.1.0-1 | 1/3 | - | - | 0/1 | 1/4 | 1/1 | 2/3 | yes |\n", text)
        self.assertIn("Run on 2026-01-02 by `scripts/peers-matrix`: libbpf-tools 0.26.", text)

    def test_long_complaints_are_cut(self):
        self.assertEqual(len(table.short("x" * 500)), table.REASON)


class Exact(unittest.TestCase):
    def setUp(self):
        self.report = {"ledger": {"imbalanced": 0}, "operations": [
            {"op": op, "target": target, "fs": fs, "bytes": 0, "errors": 0, **fields}
            for (op, target, fs), fields in exactness.expected().items()]}

    def test_the_same_is_exact(self):
        self.assertEqual(exactness.differences(self.report), [])

    def test_one_more_or_less_is_not(self):
        for row in range(len(self.report["operations"])):
            report = copy.deepcopy(self.report)
            report["operations"][row]["count"] -= 1
            self.assertEqual(len(exactness.differences(report)), 1)

    def test_a_ledger_that_does_not_balance(self):
        self.report["ledger"]["imbalanced"] = 1
        self.assertEqual(exactness.differences(self.report), ["1 ledgers do not balance"])


unittest.main(argv=["test"])
END
expect_status 0 python3 "$WORK/test.py" "$REPOSITORY"
