# SPDX-License-Identifier: GPL-2.0-only
"""Runs of one scripted workload with ways of attaching forbidden: whatever way serves, the counts are the same."""
import json
import subprocess

from harness import Case
import hostdev
import record


def probes(coverage):
    """Without what is listed as not followed, which no kernel can light, and what is told by other probes' events."""
    return [line for line in coverage if line["layer"] != "uring" and line["probe"] not in ("other_calls", "helpers")]


def lit(coverage):
    return [line for line in coverage if line["how"] != "dark"]


def programs(coverage):
    return {program for line in coverage for program in line["programs"]}


def counts(report, ops=None):
    """Everything that does not depend on time."""
    return {(row["op"], row["target"], row.get("peer_target"), row["fs"], row["device"]):
            (row["count"], row["bytes"], row["errors"], row["interrupted"])
            for row in report["operations"] if ops is None or row["op"] in ops}


class Forced(Case):
    """Base: a file system of its own for the workload, which is the same for all tests of a kernel."""

    device = None
    references = {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if Forced.device is None:
            Forced.device = hostdev.LoopDevice("/tmp", 64, "ext4")
            # Probes of modules are lit once these are loaded.
            for module in ("btrfs", "f2fs", "nvme_core", "ocfs2", "xfs"):  # which have probes of their own
                subprocess.run(["modprobe", module], check=False, capture_output=True)

    def command(self):
        return self.workload("calls", Forced.device.mount, 1)

    def forced(self, boundary, *forbidden, **options):
        """A run at that boundary without what is forbidden."""
        without = ["--no-attach", ",".join(sorted(forbidden))] if forbidden else []
        # Written to the last byte beforehand, so that no run has to write more than the others.
        hostdev.run("sync")
        return self.diagnose("--boundary", boundary, *without, cmd=self.command(), **options)

    def reference(self, boundary):
        """The counts of a run with all that there is; skips where the kernel or iopath has no such boundary."""
        if boundary not in self.references:
            run = self.forced(boundary, status=None)
            if run.status == 3:
                self.skipTest(run.err.decode(errors="replace").strip())
            self.assertEqual(run.status, 0, run.err.decode(errors="replace"))
            self.assert_nothing_lost(run.report)
            self.note(run.report["coverage"])
            self.references[boundary] = run.report
        return self.references[boundary]

    def note(self, coverage):
        record.note_ways(probes(coverage))
        record.note_programs(coverage)

    def assert_nothing_lost(self, report):
        """Where issues are dark every completion is one without its issue."""
        if any(line["probe"] == "block_issue" and line["how"] == "dark" for line in report["coverage"]):
            report["losses"] = [loss for loss in report["losses"] if loss["reason"] != "no_start"]
        super().assert_nothing_lost(report)

    def assert_same_counts(self, report, reference, ops=None):
        self.assert_nothing_lost(report)
        got, wanted = counts(report, ops), counts(reference, ops)
        self.assertEqual({key: got.get(key) for key in wanted if got.get(key) != wanted[key]},
                         {key: wanted[key] for key in wanted if got.get(key) != wanted[key]},
                         "counts differ from those of the first way")
        self.assertEqual(set(got) - set(wanted), set(), "rows that the first way does not have")

    def assert_dark(self, coverage, name):
        line = next((line for line in coverage if line["probe"] == name), None)
        self.assertIsNotNone(line, f"{name} is not in the coverage")
        self.assertEqual(line["how"], "dark", line)
        self.assertIn("no-attach", line["reason"])

    def doctor(self, *options, status=0):
        done = self.run_iopath("doctor", "--json", *options)
        self.assertEqual(done.status, status, done.err.decode(errors="replace"))
        return json.loads(done.out)
