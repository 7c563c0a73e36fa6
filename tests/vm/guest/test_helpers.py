# SPDX-License-Identifier: GPL-2.0-only
"""Kernel threads on a disk that takes ten milliseconds: what they do is waited for, or it is not."""
import os
import subprocess
import time

import hostdev
from disks import ScsiDebug

SYNCS = 20
TIME = 0.010
MEBIBYTES = 4
ROUNDS = 4


class Helpers(ScsiDebug):
    def mounted(self, fs, *options):
        disk = self.disk(ndelay=0)
        hostdev.run(hostdev.tool(f"mkfs.{fs}"), "-q", f"/dev/{disk}")
        folder = self.fresh("mnt")
        os.mkdir(folder)
        done = subprocess.run(["mount", "-t", fs, "-o", ",".join(options), f"/dev/{disk}", folder], capture_output=True,
                              check=False)
        if done.returncode:
            self.skipTest(f"no {fs} with {options}: {done.stderr.decode().strip()}")
        self.addCleanup(hostdev.unmount, folder)
        os.sync()
        self.option("ndelay", int(TIME * 1e9))
        return disk, folder

    def row(self, report, begins):
        rows = [row for row in report["helpers"] if (row["work"] or row["comm"]).startswith(begins)]
        self.assertEqual(len(rows), 1, report["helpers"])
        return rows[0]

    def test_the_journal_waits_for_the_disk_and_the_operation_for_the_journal(self):
        disk, folder = self.mounted("ext4", "nobarrier")
        report = self.diagnose(cmd=self.workload("write-fsync", f"{folder}/file", SYNCS, 4096)).report
        row = self.row(report, f"jbd2/{disk}-")
        self.assertGreater(row["seconds"], SYNCS * 2 * TIME * 0.9)  # its blocks, and the one that ends it
        self.assertGreater(row["stages"]["device"], 0.8 * row["seconds"], row)
        self.assertGreater(row["waited_for_seconds"], 0.9 * row["seconds"], row)
        sync = sum(report.stage(stage, op="sync", device=disk)
                   for stage in ("helper", "device", "block_queue", "completion"))
        self.assertLessEqual(row["waited_for_seconds"], sync)

    def test_what_is_written_back_later_nobody_waits_for(self):
        disk, folder = self.mounted("ext4", "nobarrier")
        for name, value in (("dirty_expire_centisecs", 50), ("dirty_writeback_centisecs", 20)):
            path = f"/proc/sys/vm/{name}"
            with open(path, encoding="ascii") as file:
                self.addCleanup(hostdev.run, "sysctl", "-q", f"vm.{name}={file.read().strip()}")
            with open(path, "w", encoding="ascii") as file:
                file.write(str(value))
        number = os.stat(folder).st_dev
        watch = self.watch().ready()
        # More than once: of works that a worker does one right after another, the last gives the name.
        for round_ in range(ROUNDS):
            with open(f"{folder}/{round_}", "wb") as file:
                file.write(bytes(MEBIBYTES << 20))
            time.sleep(1.5)
        report = watch.stop()
        row = self.row(report, f"flush-{os.major(number)}:{os.minor(number)}")
        self.assertGreater(row["background_seconds"], 0.9 * row["seconds"], row)
        self.assertEqual(row["waited_for_seconds"], 0, row)
        self.assertGreater(hostdev.statistics(disk)["write_bytes"], ROUNDS * MEBIBYTES << 20)

    def test_f2fs_has_its_checkpoints_from_a_thread(self):
        disk, folder = self.mounted("f2fs", "checkpoint_merge")
        watch = self.watch().ready()
        for number in range(5):
            with open(f"{folder}/{number}", "wb") as file:
                file.write(bytes(4096))
            hostdev.run("sync", "-f", folder)
        report = watch.stop()
        row = self.row(report, "f2fs_ckpt-")
        self.assertGreater(row["seconds"], 5 * TIME)
        self.assertGreater(row["waited_for_seconds"], 0.8 * row["seconds"], row)
