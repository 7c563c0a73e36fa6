# SPDX-License-Identifier: GPL-2.0-only
"""The same workload on each file system of this kernel: the same operations and bytes, under its type and device."""
import os
import shutil

from file_systems import FileSystemCase


class FileSystems(FileSystemCase):
    def on_loop(self, fs):
        device = self.loop(mebibytes=320, fs=fs)  # the smallest that all mkfs accept
        self.assert_exact_everywhere(device.mount, fs, device.name)

    def test_ext4(self):
        self.on_loop("ext4")

    def test_xfs(self):
        self.on_loop("xfs")

    def test_btrfs(self):
        self.on_loop("btrfs")

    def test_tmpfs(self):
        self.assert_exact_everywhere(self.mounted("tmpfs", "tmpfs"), "tmpfs")

    def test_overlay(self):
        upper, lower = self.loop(fs="ext4"), self.loop(fs="ext4")
        folder = self.overlay(lower.mount, upper.mount)
        self.assert_exact_everywhere(folder, "overlay", upper.name)
        rows = self.assert_exact(folder, "overlay", upper.name).rows(fs="overlay", device=upper.name)
        self.assertEqual([row["below"] for row in rows],
                         [[{"fs": "ext4", "device": upper.name}, {"fs": "ext4", "device": lower.name}]] * len(rows))

    def test_fuse(self):
        below = self.loop(fs="ext4")
        folder, daemon = self.served_by_bindfs(below.mount)
        self.assert_exact_everywhere(folder, "fuse")
        others = len(os.listdir("/sys/fs/fuse/connections")) - 1
        rows = self.assert_exact(folder, "fuse", "").rows(fs="fuse")
        if not others:  # else only later kernels say who serves which
            self.assertEqual([row["below"] for row in rows], [[{"pid": daemon.pid, "comm": "bindfs"}]] * len(rows))


class MountNamespace(FileSystemCase):
    def test_a_mount_that_only_the_process_sees(self):
        if not shutil.which("unshare"):
            self.skipTest("unshare is not installed")
        device = self.loop(fs="ext4")
        folder = self.fresh("private")
        os.mkdir(folder)
        script = f"mount --bind {device.mount} {folder} && for i in 1 2 3; do echo 12345 > {folder}/$i; done"
        report = self.diagnose("--by", "file", cmd=["unshare", "-m", "sh", "-c", script]).report
        rows = [row for row in report.rows(op="write") if (row["path"] or "").startswith(folder + "/")]
        self.assertEqual({(row["path"], row["fs"], row["device"], row["count"], row["bytes"]) for row in rows},
                         {(f"{folder}/{name}", "ext4", device.name, 1, 6) for name in (1, 2, 3)})
