# SPDX-License-Identifier: GPL-2.0-only
"""A disk that takes ten milliseconds while a journal commits to it: the disk's time, by way of the journal's thread."""
import os
import subprocess

from disks import ScsiDebug

SYNCS = 30
TIME = 0.010


class SlowJournal(ScsiDebug):
    def test_the_disk_is_named_and_not_the_journals_thread(self):
        disk = self.disk(ndelay=0)
        subprocess.run(["mkfs.ext4", "-q", f"/dev/{disk}"], check=True)
        folder = self.fresh("mnt")
        os.mkdir(folder)
        # Without flushes, which would be the larger part.
        subprocess.run(["mount", "-o", "nobarrier", f"/dev/{disk}", folder], check=True)
        self.addCleanup(subprocess.run, ["umount", folder], check=True)
        self.option("ndelay", int(TIME * 1e9))
        report = self.diagnose(cmd=self.workload("write-fsync", f"{folder}/file", SYNCS, 4096)).report
        row = report.row(op="sync", target="file", device=disk)
        # Data, the journal's blocks, the block that ends it.
        self.assertGreater(row["seconds"], SYNCS * 3 * TIME * 0.9)
        self.assertGreater(report.share("device", op="sync", device=disk), 0.8)
        self.assertLess(report.share("helper", op="sync", device=disk), 0.15)
        self.assert_within(row["sync"]["commit"] / row["seconds"], 0.5, 0.8)
        self.assert_within(row["sync"]["data"] / row["seconds"], 0.2, 0.4)
        # On 7.3 a few writes have one all the same.
        self.assertLess(row["sync"]["flush"], row["seconds"] / 10)
        found = {finding["id"]: finding for finding in report["findings"]}
        self.assertEqual(found["journal-wait"]["subject"]["device"], disk)
        self.assertIn(f"commits of ext4 on {disk}", found["journal-wait"]["summary"])
        self.assertIn("device-bound", found)
