# SPDX-License-Identifier: GPL-2.0-only
"""Writeback of a cgroup whose memory is far too small for what it writes: its bytes are that cgroup's. Wants a disk in
the guest (scripts/vm --disk virtio:2G): what a loop device keeps in memory is charged to the cgroup, too."""
import os
import subprocess
import unittest

from harness import LONG, Case
import hostdev

MEMORY_LIMIT = 64 << 20


class SmallMemory(Case):
    def mounted(self):
        """A disk, its mount point with an ext4, and how many MiB to write there."""
        disk = hostdev.given_disk()
        mount = os.path.join(self.folder, "mount")
        os.mkdir(mount)
        hostdev.run(hostdev.tool("mkfs.ext4"), "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", disk)
        hostdev.run(hostdev.tool("mount"), "-t", "ext4", "-o", "noinit_itable", disk, mount)
        self.addCleanup(hostdev.unmount, mount)
        os.sync()
        return os.path.basename(disk), mount, 1024 if LONG else 256

    def test_all_of_it_is_charged_to_who_wrote(self):
        if not hostdev.enable_controllers("io", "memory"):
            raise unittest.SkipTest("no io and memory controllers for cgroups here")
        disk, mount, mebibytes = self.mounted()
        group = self.cgroup()
        group.write("memory.max", str(MEMORY_LIMIT))
        watch = self.watch().ready()
        before = hostdev.statistics(disk)["write_bytes"]
        subprocess.run(["dd", "if=/dev/zero", f"of={mount}/file", "bs=1M", f"count={mebibytes}"], check=True,
                       preexec_fn=group.join, stderr=subprocess.DEVNULL, timeout=600)
        os.sync()
        after = hostdev.statistics(disk)["write_bytes"]
        report = watch.stop()
        self.assertNotIn("io-throttled", report.finding_ids())  # its writer had dirty pages' limits at most
        parts = [part for row in report.block(disk, "write") for part in row["by"]]
        self.assert_within(sum(part["bytes"] for part in parts), 0.99 * (after - before), 1.01 * (after - before))
        name = "/" + os.path.basename(group.path)
        charged = sum(part["bytes"] for part in parts if part["cgroup"] == name)
        journal = sum(part["bytes"] for part in parts if part["comm"].startswith("jbd2/"))
        self.assert_within(charged + journal, 0.99 * (after - before), 1.01 * (after - before), f"{parts}")
        self.assert_within(charged, 0.99 * (mebibytes << 20), 1.01 * (mebibytes << 20), f"{parts}")
