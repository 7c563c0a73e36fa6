# SPDX-License-Identifier: GPL-2.0-only
"""Syncs that f2fs serves by one flush, against the flushes that the block layer was handed."""
import os
import re
import subprocess

from harness import Case, long_only
import hostdev

SYNCS, TASKS = 40, 6
TRACING = "/sys/kernel/tracing"


@long_only  # a matter of time: not beside another guest, as in the short matrix
class Flushes(Case):
    def folder_and_device(self):
        if subprocess.run(["modprobe", "f2fs"], capture_output=True, check=False).returncode:
            self.skipTest("this kernel has no module f2fs")
        device = self.loop(mebibytes=320)
        subprocess.run([hostdev.tool("mkfs.f2fs"), "-q", "-f", device.node], check=True, capture_output=True)
        folder = self.fresh("mnt")
        os.mkdir(folder)
        subprocess.run(["mount", "-t", "f2fs", "-o", "flush_merge", device.node, folder], check=True)
        self.addCleanup(subprocess.run, ["umount", folder], check=True)
        for number in range(TASKS):
            open(os.path.join(folder, str(number)), "wb").close()
        os.sync()  # or the first sync of each would be a checkpoint
        return folder, device

    def trace(self, name, text):
        with open(os.path.join(TRACING, name), "w", encoding="ascii") as file:
            file.write(text)

    def traced(self, device):
        """From now on the kernel's own trace has the bios of the device that write nothing, and the checkpoints."""
        if not os.path.isdir(os.path.join(TRACING, "events")):
            subprocess.run(["mount", "-t", "tracefs", "none", TRACING], check=False)
        number = os.stat(device.node).st_rdev
        self.trace("events/block/block_bio_queue/filter",
                   f"nr_sector == 0 && dev == {os.major(number) << 20 | os.minor(number)}")
        for event in ("block/block_bio_queue", "f2fs/f2fs_write_checkpoint"):
            self.trace(f"events/{event}/enable", "1")
            self.addCleanup(self.trace, f"events/{event}/enable", "0")
        self.trace("trace", "")

    def counted(self):
        with open(os.path.join(TRACING, "trace"), encoding="utf-8") as file:
            lines = file.read()
        return len(re.findall(r"block_bio_queue: \S+ F", lines)), len(re.findall("f2fs_write_checkpoint:", lines))

    def synced(self, *options):
        folder, device = self.folder_and_device()
        tasks = [self.gated("write-fsync", os.path.join(folder, str(number)), SYNCS, 4096) for number in range(TASKS)]
        watch = self.watch("-p", ",".join(str(task.pid) for task in tasks), *options).ready()
        self.traced(device)
        self.open_gate(*tasks)
        flushes, checkpoints = self.counted()
        report = watch.stop()
        self.assert_nothing_lost(report)
        row = report.row(op="sync", fs="f2fs")
        self.assertEqual(row["count"], TASKS * SYNCS)
        if checkpoints:
            self.skipTest("a checkpoint came in between")
        return row["sync"]["merged"], row["count"] - flushes

    def assert_told(self, merged, saved):
        """Those that had not gone to sleep yet when the flush was done are woken by nobody."""
        self.assertLessEqual(merged, saved)
        self.assertGreaterEqual(merged, 0.8 * saved)

    def test_merged_are_the_syncs_without_a_flush_of_their_own(self):
        merged, saved = self.synced()
        self.assertGreater(saved, SYNCS)
        self.assert_told(merged, saved)

    def test_untyped(self):
        self.assert_told(*self.synced("--no-attach", "typed"))

    def test_without_merging_each_has_its_own(self):
        folder, device = self.folder_and_device()
        subprocess.run(["mount", "-o", "remount,noflush_merge", folder], check=False)
        with open("/proc/mounts", encoding="utf-8") as mounts:
            if "noflush_merge" not in next(line for line in mounts if line.split()[1] == folder):
                self.skipTest("f2fs here merges always")
        tasks = [self.gated("write-fsync", os.path.join(folder, str(number)), 5, 4096) for number in range(TASKS)]
        watch = self.watch("-p", ",".join(str(task.pid) for task in tasks)).ready()
        self.traced(device)
        self.open_gate(*tasks)
        row = watch.stop().row(op="sync", fs="f2fs")
        self.assertEqual((row["sync"]["merged"], row["count"]), (0, 5 * TASKS))
        self.assertEqual(self.counted()[0], 5 * TASKS)
