# SPDX-License-Identifier: GPL-2.0-only
"""Kernel threads: their work, against the kernel's own account of their time, and for whom it was."""
import glob
import os
import time

from harness import Case

SYNCS = 40
# Of the op that waits: what a wait for a helper is made of.
BEHIND = "helper block_queue device completion throttle lock other timer"
SWITCH = 20e-6  # seconds
# A CPU that is idle has to be woken by an interrupt before a thread is runnable there, as the kernel counts.
WAKE_UP = 50e-6
IN_THE_BACKGROUND = 3  # seconds


def journal_thread(device):
    """Name and pid of the thread of a device's journal."""
    for path in glob.glob("/proc/[0-9]*/comm"):
        try:
            with open(path, encoding="utf-8") as file:
                comm = file.read().strip()
        except OSError:
            continue
        if comm.startswith(f"jbd2/{device}-"):
            return comm, int(path.split("/")[2])
    raise AssertionError(f"no journal thread of {device}")


def running_and_runnable(pid):
    """Seconds a thread ran and waited for a CPU, and how often, as the kernel has it; None where it does not say."""
    try:
        with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
            ran, waited, runs = file.read().split()
    except OSError:
        return None
    return int(ran) / 1e9, int(waited) / 1e9, int(runs)


def helpers(report, **wanted):
    return [row for row in report["helpers"] if all(row[name] == value for name, value in wanted.items())]


def of_device(report, device):
    """Workers of queues that bear the device's name, but of its file system, not of itself."""
    return [row for row in report["helpers"]
            if row["work"].endswith("/" + device) or row["comm"].endswith("/" + device)]


def via(report, comm, **rows):
    return sum(one["seconds"] for row in report.rows(**rows) for stage in row["stages"]
               for one in stage["via"] if one["comm"] == comm)


class Helpers(Case):
    def behind(self, report, **rows):
        return sum(report.stage(stage, **rows) for stage in BEHIND.split())

    def syncs(self, device, *names, thread=None):
        """The report of a watch of all while these files were written and synced, each by a process
        of its own; with a thread, also what the kernel says of that."""
        tasks = [self.gated("write-fsync", device.path(name), SYNCS, 4096) for name in names]
        watch = self.watch().ready()
        before = running_and_runnable(thread)
        self.open_gate(*tasks)
        after = running_and_runnable(thread)
        report = watch.stop()
        return (report, [b - a for a, b in zip(before, after)]) if thread else report

    def test_a_single_waiter_waits_for_all_that_the_journal_does(self):
        device = self.loop(fs="ext4")
        comm, _ = journal_thread(device.name)
        report = self.syncs(device, "file")
        row, = helpers(report, comm=comm)
        sync = {"op": "sync", "device": device.name}
        self.assertGreater(row["waited_for_seconds"], 0.9 * row["seconds"], row)
        self.assertEqual(row["for_helpers_seconds"], 0, row)
        # What the operation says of its waits: for this thread, or for what stood behind it.
        self.assertGreater(via(report, comm, **sync), 0)
        self.assertGreaterEqual(row["waited_for_seconds"], 0.95 * via(report, comm, **sync))
        self.assertLessEqual(row["waited_for_seconds"], self.behind(report, **sync))

    def test_what_many_wait_for_counts_once(self):
        device = self.loop(fs="ext4")
        comm, _ = journal_thread(device.name)
        report = self.syncs(device, *"abcd")
        row, = helpers(report, comm=comm)
        self.assertGreater(row["waited_for_seconds"], 0.8 * row["seconds"], row)
        # They have waited longer, all together, than it has worked.
        self.assertGreater(self.behind(report, op="sync", device=device.name), 1.5 * row["seconds"])

    def test_a_journal_that_nobody_waits_for_works_in_the_background(self):
        device = self.loop(fs="ext4")
        comm, _ = journal_thread(device.name)
        os.system(f"mount -o remount,commit=1 {device.mount}")
        watch = self.watch().ready()
        end = time.monotonic() + IN_THE_BACKGROUND
        with open(device.path("file"), "wb", buffering=0) as file:
            while time.monotonic() < end:
                file.write(bytes(65536))
                time.sleep(0.05)
        report = watch.stop()
        row, = helpers(report, comm=comm)
        self.assertGreater(row["seconds"], 0)
        # What has to begin a transaction may wait until the one that ends has its last.
        self.assertGreater(row["background_seconds"], 0.7 * row["seconds"], row)
        self.assertLessEqual(row["waited_for_seconds"], self.behind(report, device=device.name))

    def test_its_time_is_what_the_kernel_says(self):
        device = self.loop(fs="ext4")
        comm, pid = journal_thread(device.name)
        if not running_and_runnable(pid):
            self.skipTest("this kernel keeps no schedstat of threads")
        report, (ran, runnable, runs) = self.syncs(device, *"abcd", thread=pid)
        stages = helpers(report, comm=comm)[0]["stages"]
        of = lambda names: sum(stages.get(name, 0) for name in names.split())
        running, waiting = of("cpu hardirq softirq"), of("runqueue preempted")
        self.assert_within(running + waiting, 0.95 * (ran + runnable), 1.05 * (ran + runnable) + runs * WAKE_UP,
                           "at work, by schedstat")
        # A run begins later for the kernel than the event that tells of it: 2 to 8 us here.
        self.assert_within(running, 0.95 * ran - runs * SWITCH, 1.05 * ran + runs * SWITCH, "running, by schedstat")
        self.assert_within(waiting, 0.95 * runnable - runs * SWITCH, 1.05 * runnable + runs * WAKE_UP,
                           "runnable, by schedstat")

    def test_what_carries_out_a_devices_requests_is_the_device(self):
        device = self.loop()
        watch = self.watch().ready()
        self.assertEqual(self.spawn(self.workload("direct-reads", device.node, 500, 4096)).wait(60), 0)
        report = watch.stop()
        row, = helpers(report, device=device.name)
        self.assertIn(device.name, (row["comm"], row["work"]))
        self.assertGreater(row["for_requests_seconds"], 0.9 * row["seconds"], row)
        self.assertEqual(row["background_seconds"], 0)
        self.assertGreater(row["seconds"], 0)
        # One at a time: the request is with the device while its worker works, and a bit longer.
        self.assertLess(row["stages"]["cpu"], report.stage("device", op="read", device=device.name) * 1.1)

    def test_xfs_has_its_log_from_workers(self):
        device = self.loop(fs="xfs", mebibytes=400)
        report = self.syncs(device, "file")
        rows = [row for row in of_device(report, device.name) if row["work"].startswith(("xfs-cil/", "xfs-log/"))]
        self.assertTrue(rows, report["helpers"])
        # They begin before who asked them sleeps, and go on for a bit when he is awake.
        waited, worked = (sum(row[name] for row in rows) for name in ("waited_for_seconds", "seconds"))
        self.assertGreater(waited, 0.2 * worked, rows)
        self.assertLessEqual(waited, self.behind(report, op="sync", device=device.name))

    def test_btrfs_has_workers(self):
        device = self.loop(fs="btrfs", mebibytes=256)
        report = self.syncs(device, "file")
        rows = [row for row in report["helpers"] if row["work"].startswith("btrfs-")]
        self.assertTrue(rows, report["helpers"])
        self.assertGreater(sum(row["waited_for_seconds"] for row in rows), 0, rows)

    def test_without_wake_ups_it_is_said_that_nothing_is_known(self):
        report = self.diagnose("--no-attach", "sched_waking", cmd=["true"]).report
        line, = [line for line in report["coverage"] if line["probe"] == "helpers"]
        self.assertEqual(line["how"], "dark")
        self.assertIn("sched_waking", line["reason"])
        self.assertEqual(report["helpers"], [])
