# SPDX-License-Identifier: GPL-2.0-only
"""Modules that come while a watch runs light up what waited for them. Apart from the other tests of a guest, which
need ext4 all the time."""
import glob
import os
import subprocess
import time

from harness import Case

ROUNDS = 5


def loaded(module):
    return os.path.exists(f"/sys/module/{module}/initstate")


def unload():
    for module in ("ext4", "jbd2"):
        if loaded(module):
            subprocess.run(["modprobe", "-r", module], check=False, capture_output=True)


class Late(Case):
    def setUp(self):
        super().setUp()
        unload()
        if loaded("jbd2") or os.path.exists("/proc/fs/jbd2"):
            self.skipTest("jbd2 is no module that can be taken away here")

    def journal(self, report):
        """The probes of jbd2: those of other file systems have modules of their own."""
        return {line["probe"]: line for line in report["coverage"] if line["probe"].startswith("commit_")}

    def test_without_the_module_its_probes_are_dark_and_say_so(self):
        lines = self.journal(self.diagnose(cmd=["true"]).report)
        self.assertEqual(len(lines), 4)
        for line in lines.values():
            self.assertEqual((line["how"], line["reason"]), ("dark", "module jbd2 is not loaded"))

    def test_a_module_that_comes_lights_up_and_counts_exactly(self):
        watch = self.watch().ready()
        subprocess.run(["modprobe", "ext4"], check=True)
        self.addCleanup(unload)
        time.sleep(2.5)  # once a second iopath looks
        device = self.loop(fs="ext4")
        before = self.transactions(device.name)
        for number in range(ROUNDS):
            subprocess.run(self.workload("write-fsync", device.path(str(number)), 1, 4096),
                           check=True, stdout=subprocess.DEVNULL)
        done = self.transactions(device.name) - before
        # While it is traced the module stays: the kernel holds it for us.
        self.assertNotEqual(subprocess.run(["rmmod", "jbd2"], check=False, capture_output=True).returncode, 0)
        report = watch.stop()
        self.assertEqual({line["how"] for line in self.journal(report).values()}, {"raw_tp"})
        self.assertGreaterEqual(done, ROUNDS)
        counts = [row["count"] for row in report["commits"] if row["device"] == device.name]
        self.assertEqual(len(counts), 1, report["commits"])
        self.assert_within(counts[0], done, done + 1)  # mounting makes one, too
        self.assert_nothing_lost(report)

    def transactions(self, device):
        with open(glob.glob(f"/proc/fs/jbd2/{device}-*/info")[0], encoding="ascii") as info:
            return int(info.readline().split()[0])


class LateFunction(Case):
    def cluster(self, report):
        return next(line for line in report["coverage"] if line["probe"] == "cluster_lock")

    def test_a_module_that_comes_has_its_function_watched(self):
        subprocess.run(["modprobe", "-r", "ocfs2"], check=False, capture_output=True)
        if loaded("ocfs2"):
            self.skipTest("ocfs2 is no module that can be taken away here")
        line = self.cluster(self.diagnose(cmd=["true"]).report)
        self.assertEqual(line["how"], "dark")
        self.assertIn("module ocfs2 is not loaded", line["reason"])
        watch = self.watch().ready()
        subprocess.run(["modprobe", "ocfs2"], check=True)
        self.addCleanup(subprocess.run, ["modprobe", "-r", "ocfs2"], check=False, capture_output=True)
        time.sleep(2.5)  # once a second iopath looks
        self.assertIn(self.cluster(watch.stop())["how"], ("kprobe", "kprobe_multi"))
