# SPDX-License-Identifier: GPL-2.0-only
"""`iopath doctor`: every probe with how it attached, or why it is dark."""
import json
import platform

from harness import Case


class Doctor(Case):
    def report(self, *options):
        done = self.run_iopath("doctor", "--json", *options)
        self.assertEqual((done.status, done.err), (0, b""))
        return json.loads(done.out)

    def test_json_has_host_coverage_and_facts(self):
        report = self.report()
        self.assertEqual(report["host"]["kernel"], platform.release())
        self.assertEqual(report["host"]["arch"], platform.machine())
        self.assertTrue(report["facts"])
        probes = [line["probe"] for line in report["coverage"]]
        self.assertEqual(len(set(probes)), len(probes))
        self.assertGreater(len(probes), 15)
        for line in report["coverage"]:
            self.assertTrue(line["layer"] and line["how"], line)
            self.assertTrue(line["how"] != "dark" or line["reason"], line)

    def test_it_says_what_diagnose_does(self):
        said = {line["probe"]: line["how"] for line in self.report()["coverage"]}
        done = {line["probe"]: line["how"] for line in self.diagnose("--duration", "0.1").report["coverage"]}
        self.assertEqual({probe: said.get(probe) for probe in done}, done)

    def test_facts_are_the_hosts(self):
        text = json.dumps(self.report()["facts"]).lower()
        for word in ("btf", "lockdown", "cap", "bpf_stats"):
            self.assertIn(word, text)

    def test_words_on_the_terminal(self):
        report = self.report()
        text = self.run_iopath("doctor").out.decode()
        for line in report["coverage"]:
            self.assertIn(line["probe"], text)
        for layer in {line["layer"] for line in report["coverage"]}:
            self.assertIn(layer, text)
