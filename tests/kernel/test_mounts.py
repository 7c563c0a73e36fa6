# SPDX-License-Identifier: GPL-2.0-only
"""Mounts that are very many, go away, are shut down or turn read-only, while they are used."""
import json
import os
import shutil
import subprocess
import sys
import time

from harness import Case
import hostdev

MANY = 10_000
WRITER = """
import os, sys, time
fd = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY)
done = failed = 0
end = time.monotonic() + float(sys.argv[2])
while time.monotonic() < end:
    try:
        os.pwrite(fd, b"x" * 4096, 0), os.fsync(fd)
        done += 1
    except OSError:
        failed += 1
        time.sleep(0.001)
print('{"done": %d, "failed": %d}' % (done, failed))
"""


class ManyMounts(Case):
    def test_10000_mounts(self):
        """They are read at the start, and again for the report: neither takes long, nor much memory."""
        if not shutil.which("unshare"):
            self.skipTest("unshare is not installed")
        with open("/proc/sys/fs/mount-max", encoding="ascii") as file:
            if int(file.read()) < MANY + 1000:
                self.skipTest("this kernel is set not to allow so many mounts")
        output = self.fresh("report.json")
        source = self.fresh("source")
        os.mkdir(source)
        # Of a type without a device: those are looked at one by one.
        script = """
import ctypes, os, subprocess, sys, time
source, iopath, output, many = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
libc = ctypes.CDLL(None, use_errno=True)
def mount(*arguments):
    if libc.mount(*arguments):
        raise OSError(ctypes.get_errno(), "mount")
mount(b"none", b"/", None, 0x44000, None)  # private
mount(b"tmpfs", source.encode(), b"tmpfs", 0, None)
for name in range(100):
    os.mkdir(f"{source}/{name}")
for number in range(many):
    mount(f"{source}/{number % 100}".encode(), f"{source}/{number % 100}".encode(), None, 0x1000, None)
reader, writer = os.pipe()
start = time.monotonic()
child = subprocess.Popen([iopath, "diagnose", "--json", "-o", output, "--ready-fd", str(writer), "--duration", "0.5"], pass_fds=[writer])
os.read(reader, 100)
print('{"ready_seconds": %f, "mounts": %d}' % (time.monotonic() - start, sum(1 for _ in open("/proc/self/mountinfo"))))
sys.exit(child.wait())
"""
        done = subprocess.run(["unshare", "-m", sys.executable, "-S", "-E", "-c", script, source, self.iopath, output, str(MANY)],
                              capture_output=True, text=True, timeout=100, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        facts = json.loads(done.stdout)
        report = self.load(output)
        self.assertGreater(facts["mounts"], MANY)
        self.assertLess(facts["ready_seconds"], 3)
        self.assertLess(report["self"]["rss_bytes"], 64 << 20)


class Gone(Case):
    def watched_writer(self, device, disturb, seconds=1.5):
        """A writer whose file system something happens to after a third of its time; every call is counted all the same."""
        watch_for = self.fresh("report.json")
        process = self.spawn([self.iopath, "diagnose", "--json", "-o", watch_for, "--", sys.executable, "-S", "-E", "-c", WRITER,
                              device.path(), str(seconds)], stdout=subprocess.PIPE)
        while process.poll() is None and not (os.path.exists(device.path()) and os.path.getsize(device.path())):
            time.sleep(0.01)
        time.sleep(seconds / 3)
        disturb()
        out, _ = process.communicate(timeout=60)
        facts = json.loads(out)
        self.assertEqual(process.returncode, 0)
        report = self.load(watch_for)
        self.assertGreater(facts["done"], 0)
        return report, facts

    def assert_counted(self, report, device, fs, facts):
        rows = {op: report.row(op=op, fs=fs, device=device.name) for op in ("write", "sync")}
        calls = facts["done"] + facts["failed"]
        errors = sum(row["errors"] for row in rows.values())
        self.assertEqual(errors, facts["failed"])
        self.assertEqual(rows["write"]["count"], calls)
        self.assertEqual(rows["write"]["bytes"], (rows["write"]["count"] - rows["write"]["errors"]) * 4096)
        self.assertEqual(rows["sync"]["count"], rows["write"]["count"] - rows["write"]["errors"])
        self.assertEqual(report["ledger"]["imbalanced"], 0)

    def test_unmounted_lazily_under_load(self):
        device = self.loop(fs="ext4")
        report, facts = self.watched_writer(device, lambda: subprocess.run(["umount", "-l", device.mount], check=True))
        self.assertEqual(facts["failed"], 0)
        self.assert_counted(report, device, "ext4", facts)
        device.mount = None

    def shut_down(self, fs):
        program = hostdev.tool("xfs_io")
        device = self.loop(mebibytes=320, fs=fs)
        report, facts = self.watched_writer(
            device, lambda: subprocess.run([program, "-x", "-c", "shutdown", device.mount], check=True, capture_output=True))
        self.assertGreater(facts["failed"], 0)
        self.assert_counted(report, device, fs, facts)
        failed = [row for row in report["failures"] if row["device"] == device.name]
        self.assertEqual({row["errno"] for row in failed}, {"EIO"})
        self.assertEqual(sum(row["count"] for row in failed), facts["failed"])
        self.assertEqual({row["path"] for row in failed}, {device.path()})

    def test_xfs_shut_down_under_load(self):
        self.shut_down("xfs")

    def test_ext4_shut_down_under_load(self):
        self.shut_down("ext4")

    def test_ext4_read_only_after_an_error(self):
        device = self.loop(fs="ext4")
        trigger = f"/sys/fs/ext4/{device.name}/trigger_fs_error"
        if not os.path.exists(trigger):
            self.skipTest("this kernel's ext4 cannot be told to find an error")
        subprocess.run(["mount", "-o", "remount,errors=remount-ro", device.mount], check=True)

        def find_error():
            with open(trigger, "w", encoding="ascii") as file:
                file.write("1")

        report, facts = self.watched_writer(device, find_error)
        self.assertGreater(facts["failed"], 0)
        self.assert_counted(report, device, "ext4", facts)
        self.assertLessEqual({row["errno"] for row in report["failures"] if row["device"] == device.name}, {"EIO", "EROFS"})
