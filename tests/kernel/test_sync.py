# SPDX-License-Identifier: GPL-2.0-only
"""What syncs waited for: data, a commit (whose?), flushes; and who asked for commits."""
import subprocess

from harness import Case

SYNCS = 40


class Sync(Case):
    def parts(self, report, device):
        return report.row(op="sync", target="file", device=device.name)["sync"]

    def syncs(self, device, *names):
        """The report while these files were written and synced, each by a process of its own."""
        tasks = [self.gated("write-fsync", device.path(name), SYNCS, 4096) for name in names]
        watch = self.watch("-p", ",".join(str(task.pid) for task in tasks)).ready()
        self.open_gate(*tasks)
        return watch.stop(), [task.pid for task in tasks]

    def test_the_one_who_syncs_asks_for_the_commits(self):
        device = self.loop(fs="ext4")
        report, (pid,) = self.syncs(device, "file")
        row, = [row for row in report["commits"] if row["device"] == device.name]
        askers = {one["pid"]: one["count"] for one in row["asked_by"]["processes"]}
        # The first may have had no name yet, and the last nobody who waited.
        self.assert_within(askers[pid], SYNCS - 2, SYNCS)
        self.assertEqual(self.parts(report, device)["merged"], 0)
        self.assertEqual(self.parts(report, device)["others_commit"], 0)

    def test_without_flushes_the_commit_is_what_it_waits_for(self):
        device = self.loop(fs="ext4")
        subprocess.run(["mount", "-o", "remount,nobarrier", device.mount], check=True)
        report, _ = self.syncs(device, "file")
        row = report.row(op="sync", target="file", device=device.name)
        self.assertEqual(row["sync"]["flush"], 0)
        self.assertGreater(row["sync"]["commit"], row["seconds"] / 4)
        row, = [row for row in report["commits"] if row["device"] == device.name]
        self.assertGreater(row["phases"]["logging"], row["seconds"] / 2)
        if row["handles"] is not None:
            self.assertGreaterEqual(row["handles"], row["count"])

    def test_with_company_some_wait_for_a_commit_that_another_began(self):
        device = self.loop(fs="ext4")
        report, pids = self.syncs(device, *"abcd")
        parts = self.parts(report, device)
        self.assertGreater(parts["others_commit"], 0)
        self.assertGreater(parts["merged"], 0)
        row, = [row for row in report["commits"] if row["device"] == device.name]
        self.assertLess(row["count"], len(pids) * SYNCS)
        self.assertLessEqual({one["pid"] for one in row["asked_by"]["processes"]}, set(pids))

    def test_xfs_waits_for_its_log(self):
        device = self.loop(fs="xfs", mebibytes=400)
        report, _ = self.syncs(device, "file")
        self.assertGreater(self.parts(report, device)["commit"], 0)
