# SPDX-License-Identifier: GPL-2.0-only
"""The harness itself: a report that is right passes, and each way of being wrong is noticed."""
import copy
import unittest

import invariants

EDGE = 2 ** (-80 / 8)  # about a millisecond: 0.0009765625 s


def latency(count=4, each=0.0009):
    return {"count": count, "sum": count * each, "p50": each, "p90": each, "p99": each, "p999": each,
            "max": each, "buckets": [[EDGE, count]]}


def right():
    stages = [{"stage": "cpu", "seconds": 0.0006, "share": 1 / 6, "count": 4, "p50": 1e-4, "p99": 2e-4, "via": []},
              {"stage": "device", "seconds": 0.003, "share": 5 / 6, "count": 4, "p50": 7e-4, "p99": 8e-4,
               "via": [{"comm": "jbd2", "seconds": 0.001}]}]
    row = {"op": "read", "target": "file", "fs": "ext4", "device": "vda", "count": 4, "bytes": 16, "errors": 0,
           "interrupted": 0, "seconds": 0.0036, "idle_seconds": 0.0, "latency": latency(),
           "switches": {"voluntary": 4, "involuntary": 0}, "stages": stages,
           "top": [{"pid": 1, "comm": "x", "seconds": 0.0036}]}
    empty = {"count": 0, "sum": 0, "p50": None, "p90": None, "p99": None, "p999": None, "max": None, "buckets": []}
    nvme = {"device": "nvme0n1", "qid": 1, "cpu": 0, "submitted": 5, "completed": 4, "completed_elsewhere_share": 0.25,
            "interrupts_elsewhere_share": None, "retries": 0, "errors": [], "queue": latency(), "command": latency(),
            "completion": latency()}
    finding = {"id": "device-bound", "layer": "device", "severity": "major", "share": 0.8, "seconds": 0.003,
               "subject": {}, "summary": "s", "evidence": ["e"], "advice": ["a"]}
    return {"schema": "iopath.report/1", "host": dict.fromkeys(("kernel", "arch", "cpus", "hostname")),
            "interval": {"start": "2026-01-02T03:04:05.678Z", "seconds": 1.0}, "scope": {"kind": "system"},
            "operations": [row], "in_flight": [], "file_locks": [], "kernel_locks": [], "helpers": [], "block": [], "nvme": [nvme],
            "interrupts": [], "commits": [], "softirqs": [],
            "scheduler": {"switches": {"voluntary": 1, "involuntary": 1}, "migrations": 0, "runqueue": empty},
            "pipes": [], "network": {"tcp": dict.fromkeys(invariants.KEYS["tcp"].split()), "drops": [],
                                     "listen_overflows": None},
            "failures": [{"op": "open", "errno": "ENOENT", "path": "/x", "comm": "x", "pid": 1, "count": 2}], "os_tax": 1 / 6, "idle_seconds": 0, "steal_seconds": 0,
            "findings": [finding, {**finding, "id": "flush-bound", "severity": "minor", "share": 0.1}],
            "coverage": [{"probe": "syscall_enter", "layer": "syscall", "how": "tp_btf", "reason": ""}],
            "losses": [], "ledger": {"operations": 4, "imbalanced": 0, "residual_seconds": 0},
            "self": {"bpf_seconds": 0, "user_seconds": 0, "rss_bytes": 1}}


class Invariants(unittest.TestCase):
    def test_a_right_report_passes(self):
        self.assertEqual(invariants.problems(right()), [])

    def test_each_wrong_one_is_noticed(self):
        row = ("operations", 0)
        wrong = {
            "a nanosecond too little": ((*row, "stages", 0, "seconds"), 0.0006 - 4e-9),
            "a stage above the wall": ((*row, "stages", 1, "seconds"), 0.5),
            "an imbalanced operation": (("ledger", "imbalanced"), 1),
            "a residual": (("ledger", "residual_seconds"), 2e-9),
            "a ledger of other operations": (("ledger", "operations"), 5),
            "count is not latency.count": ((*row, "count"), 5),
            "buckets that do not sum": ((*row, "latency", "buckets", 0, 1), 3),
            "a bound that is no edge": ((*row, "latency", "buckets", 0, 0), 0.001),
            "a maximum outside its bucket": ((*row, "latency", "max"), 0.002),
            "percentiles out of order": ((*row, "latency", "p99"), 0.0001),
            "a percentile above the maximum": ((*row, "latency", "p999"), 0.0012),
            "a sum outside its buckets": ((*row, "latency", "sum"), 0.01),
            "shares of more than the whole": ((*row, "stages", 0, "share"), 0.9),
            "a stage of more operations than there are": ((*row, "stages", 0, "count"), 5),
            "an unknown stage": ((*row, "stages", 0, "stage"), "waiting"),
            "an unknown op": ((*row, "op"), "fsync"),
            "idle without its stages": ((*row, "idle_seconds"), 0.001),
            "top above its row": ((*row, "top", 0, "seconds"), 0.004),
            "via above its stage": ((*row, "stages", 1, "via", 0, "seconds"), 0.004),
            "more errors than calls": ((*row, "errors"), 5),
            "a failure of nothing": (("failures", 0, "count"), 0),
            "a failure without its errno": (("failures", 0, "errno"), ""),
            "a finding in the wrong place": (("findings", 1, "severity"), "critical"),
            "a share above one": (("findings", 0, "share"), 1.5),
            "a finding without advice": (("findings", 0, "advice"), []),
            "dark without a reason": (("coverage", 0, "how"), "dark"),
            "a tax that the rows do not give": (("os_tax",), 0.3),
            "idle time that no row has": (("idle_seconds",), 0.001),
            "no date": (("interval", "start"), "yesterday"),
            "another schema": (("schema",), "iopath.report/2"),
        }
        for what, (path, value) in wrong.items():
            with self.subTest(what=what):
                report = right()
                place = report
                for step in path[:-1]:
                    place = place[step]
                place[path[-1]] = value
                if what == "a finding in the wrong place":
                    place["share"] = 0.9
                self.assertTrue(invariants.problems(report))

    def test_each_missing_key_is_noticed(self):
        for path in (("os_tax",), ("operations", 0, "switches"), ("operations", 0, "stages", 0, "via"),
                     ("operations", 0, "latency", "p999"), ("network", "tcp", "srtt"), ("self", "rss_bytes"),
                     ("coverage", 0, "reason"), ("findings", 0, "advice"), ("scheduler", "runqueue")):
            with self.subTest(path=path):
                report = copy.deepcopy(right())
                place = report
                for step in path[:-1]:
                    place = place[step]
                del place[path[-1]]
                self.assertTrue(invariants.problems(report))
