# SPDX-License-Identifier: GPL-2.0-only
"""What cannot be observed is dark with its reason, the rest works; what does not fit is counted as lost.
`--no-attach` forbids an alternative or a probe, `--max-rows` bounds the rows: both are hidden options
made for this."""
import json
import re

from harness import Case


class Dark(Case):
    def coverage(self, report):
        return {line["probe"]: line for line in report["coverage"]}

    def probe_like(self, layer, pattern):
        """The name of a lit probe, from a watch without any option."""
        report = self.diagnose(cmd=["true"]).report
        names = [line["probe"] for line in report["coverage"]
                 if line["layer"] == layer and line["how"] != "dark" and re.search(pattern, line["probe"])]
        if not names:
            self.skipTest(f"no lit probe of layer {layer} is called {pattern} on this kernel")
        return names[0]

    def without(self, layer, pattern, cmd):
        name = self.probe_like(layer, pattern)
        report = self.diagnose("--no-attach", name, cmd=cmd).report
        line = self.coverage(report)[name]
        self.assertEqual(line["how"], "dark")
        self.assertRegex(line["reason"], "(?i)no-attach|forbid|not allowed|option|asked")
        return report

    def test_without_issue_of_requests_operations_are_still_exact(self):
        device = self.loop()
        report = self.without("block", "issue", self.workload("direct-reads", device.node, 23, 4096))
        self.assertEqual(report.row(op="read", device=device.name)["count"], 23)
        # Unknown is never printed as zero: no row claims to know how long a request took.
        for row in report.block(device.name):
            self.assertEqual(row["service"]["count"], 0)

    def test_without_completion_of_requests_the_wait_is_not_taken_for_the_devices(self):
        device = self.loop()
        report = self.without("block", "complete", self.workload("direct-reads", device.node, 23, 4096))
        self.assertEqual(report.row(op="read", device=device.name)["count"], 23)
        self.assertEqual(report.block(device.name), [])
        self.assertEqual(report.stage("device", op="read", device=device.name), 0)

    def test_without_softirqs_there_are_none_and_the_rest_stands(self):
        report = self.without("irq", "softirq.*entry|softirq_entry", self.workload("ping-pong", 200))
        self.assertEqual(report.total("count", op="write", target="pipe"), 400)
        self.assertTrue(all(row["count"] == 0 for row in report["softirqs"]))

    def test_without_the_wakers_waits_are_other_and_counted_so(self):
        report = self.without("sched", "waking", self.workload("pipe-stream", "slow-writer", 50, 4096, 1000))
        row = report.row(op="read", target="pipe")
        self.assertGreaterEqual(row["count"], 50)
        self.assertEqual(report.stage("peer", op="read", target="pipe"), 0)
        self.assertGreater(report.share("other", op="read", target="pipe"), 0.5)

    def test_the_report_says_what_is_dark(self):
        name = self.probe_like("block", "issue")
        done = self.run_iopath("diagnose", "--no-attach", name, "--", "true")
        self.assertEqual(done.status, 0)
        lit, all_probes = re.search(r"(\d+) of (\d+) probes", done.err.decode()).groups()
        lines = self.diagnose("--no-attach", name, cmd=["true"]).report["coverage"]
        self.assertEqual(int(lit), sum(line["how"] != "dark" for line in lines))
        self.assertEqual(int(all_probes), len(lines))
        doctor = self.run_iopath("doctor", "--no-attach", name)
        self.assertEqual(doctor.status, 0, doctor.err)
        self.assertRegex(doctor.out.decode(), rf"{name} +dark")

    def test_a_list_of_probes(self):
        one, two = self.probe_like("block", "issue"), self.probe_like("irq", "softirq_raise|softirq")
        report = self.diagnose("--no-attach", f"{one},{two}", cmd=["true"]).report
        lines = self.coverage(report)
        self.assertEqual((lines[one]["how"], lines[two]["how"]), ("dark", "dark"))

    def test_without_any_way_to_attach_nothing_is_observed(self):
        ways = {"tp_btf"}
        for _ in range(8):  # forbidding one brings up the next
            forbidden = ",".join(sorted(ways))
            doctor = self.run_iopath("doctor", "--json", "--no-attach", forbidden)
            used = {line["how"] for line in json.loads(doctor.out)["coverage"]} - {"dark"}
            if not used - ways:
                break
            ways |= used
        self.assertEqual(doctor.status, 3, doctor.out)
        done = self.run_iopath("diagnose", "--no-attach", forbidden, "--", "true")
        self.assertEqual(done.status, 3, done.err)
        self.assertTrue(done.err.strip())

    def test_an_unknown_name_is_refused(self):
        self.assertEqual(self.run_iopath("diagnose", "--no-attach", "frobnicate", "--", "true").status, 2)

    def test_another_alternative_gives_the_same_counts(self):
        device = self.loop(fs="ext4")
        command = self.workload("calls", device.mount, 2)
        first = self.diagnose(cmd=command).report
        second = self.diagnose("--no-attach", "tp_btf", cmd=command, status=None)
        if second.status == 3:
            self.skipTest("there is no other alternative than tp_btf for system calls yet")
        self.assertEqual({row["op"]: first.total("count", op=row["op"]) for row in first["operations"]},
                         {row["op"]: second.report.total("count", op=row["op"])
                          for row in second.report["operations"]})


class Full(Case):
    def test_operations_without_a_row_of_their_own_are_counted_and_said(self):
        device = self.loop(fs="ext4")
        command = self.workload("calls", device.mount, 2)
        whole = self.diagnose(cmd=command).report
        # The smallest dictionary there can be has the rows for what finds no room, and a few more.
        few = len(whole["operations"]) // 2
        run = self.diagnose("--max-rows", few, cmd=command)
        self.assertGreater(run.report.loss("map_full"), 0)
        self.assertEqual(run.report["ledger"]["operations"], whole["ledger"]["operations"])
        self.assertLessEqual(len(run.report["operations"]), few)
        for op in {row["op"] for row in whole["operations"]}:
            self.assertEqual(run.report.total("count", op=op), whole.total("count", op=op), op)
        done = self.run_iopath("diagnose", "--max-rows", few, "--", *command)
        self.assertRegex(done.err.decode(), r"map_full|lost|loss|no room")

    def test_a_full_dictionary_of_processes(self):
        device = self.loop(fs="ext4")
        run = self.diagnose("--by", "process", "--max-rows", 40,
                            cmd=self.workload("processes", device.path(), 500))
        self.assertGreater(run.report.loss("map_full"), 0)
        writes = run.report.total("count", op="write")
        # Each process writes once, the parent prints its line.
        self.assertEqual(writes, 501)
