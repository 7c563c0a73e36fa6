# SPDX-License-Identifier: GPL-2.0-only
"""Journal commits, against the journal's own statistics."""
import glob
import os
import re

from harness import Case


def transactions(device):
    """Commits of a device's jbd2 journal since it was mounted; None where the kernel does not say."""
    for path in glob.glob(f"/proc/fs/jbd2/{device}-*/info") + glob.glob(f"/proc/fs/jbd2/{device}/info"):
        with open(path, encoding="ascii") as info:
            return int(re.match(r"(\d+) transactions", info.read()).group(1))
    return None


class Commits(Case):
    def test_commits_equal_the_journals_own_count(self):
        device = self.loop(fs="ext4")
        if transactions(device.name) is None:
            self.skipTest("this kernel keeps no statistics of journals")
        watch = self.watch().ready()
        before = transactions(device.name)
        self.assertEqual(self.spawn(self.workload("write-fsync", device.path("file"), 30, 4096)).wait(60), 0)
        os.sync()
        done = transactions(device.name) - before
        report = watch.stop()
        rows = [row for row in report["commits"] if row["device"] == device.name]
        self.assertEqual(len(rows), 1, report["commits"])
        # A commit that had begun before the watch was whole, or ends after the count, is one of either.
        self.assert_within(rows[0]["count"], done - 1, done + 1, "commits")
        self.assertGreater(rows[0]["count"], 10)
        self.assertGreater(rows[0]["seconds"], 0)

    def test_without_a_journal_there_are_no_commits(self):
        device = self.loop(fs="xfs", mebibytes=400)
        report = self.diagnose(cmd=self.workload("write-fsync", device.path("file"), 5, 4096)).report
        self.assertEqual([row for row in report["commits"] if row["device"] == device.name], [])
