# SPDX-License-Identifier: GPL-2.0-only
"""Limits that need a machine of their own: iocost and wbt where functions can be watched and where not, and waits for
tags, which are no limit."""
import os
import subprocess
import time
import unittest

from disks import NullBlk
from harness import Case, long_only
import hostdev


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


class Disks(NullBlk):
    def lit(self, report):
        line, = [line for line in report["coverage"] if line["probe"] == "rq_limits"]
        return line["how"] != "dark"


class Tags(Disks):
    def test_waiting_for_a_tag_is_no_limit(self):
        disk = self.null_disk(completion_nsec=5000000, hw_queue_depth=2, submit_queues=1)
        readers = [self.gated("direct-reads", f"/dev/{disk}", 30, 4096) for _ in range(12)]
        watch = self.watch("-p", ",".join(str(reader.pid) for reader in readers)).ready()
        self.open_gate(*readers)
        report = watch.stop()
        self.assertEqual(report.row(op="read", target="blockdev")["count"], 360)
        self.assertEqual(report.stage("throttle"), 0)
        self.assertGreater(report.share("block_queue", op="read", target="blockdev"), 0.6)
        self.assertEqual(report["findings"][0]["id"], "queue-wait")


@long_only  # a matter of time: not beside another guest, as in the short matrix
class Iocost(Disks):
    def limit(self, disk):
        """The disk serves a hundred requests a second, as iocost has it."""
        number = open(f"/sys/block/{disk}/dev", encoding="ascii").read().strip()
        root = hostdev.cgroup2_root()
        if not hostdev.enable_controllers("io") or not os.path.exists(f"{root}/io.cost.qos"):
            raise unittest.SkipTest("this kernel has no iocost")
        write(f"{root}/io.cost.model", f"{number} ctrl=user model=linear rbps=409600 rseqiops=100 rrandiops=100 "
                                       "wbps=409600 wseqiops=100 wrandiops=100")
        write(f"{root}/io.cost.qos", f"{number} enable=1 ctrl=user rpct=0 rlat=0 wpct=0 wlat=0 min=100 max=100")
        self.addCleanup(write, f"{root}/io.cost.qos", f"{number} enable=0")

    def check_reads(self, *options):
        disk = self.null_disk(completion_nsec=100000)
        self.limit(disk)
        group = self.cgroup()
        reader = self.gated("direct-reads", f"/dev/{disk}", 150, 4096, preexec_fn=group.join)
        watch = self.watch("-p", reader.pid, *options).ready()
        facts = self.open_gate(reader)
        report = watch.stop()
        if facts["seconds"] < 0.5:
            raise unittest.SkipTest("iocost did not hold the reader back")
        self.assertEqual(report.row(op="read", target="blockdev")["count"], 150)
        self.assertGreater(report.share("throttle", op="read", target="blockdev"), 0.6)
        self.assertEqual((report["findings"][0]["id"], report["findings"][0]["subject"]["device"]), ("io-throttled", disk))
        self.assertIn(f"iocost on {disk}", report["findings"][0]["summary"])
        return report

    def test_its_waits_are_a_limits(self):
        self.check_reads()

    def test_its_timer_tells_where_functions_cannot_be_watched(self):
        self.assertFalse(self.lit(self.check_reads("--no-attach", "rq_limits")))


@long_only  # a matter of time: not beside another guest, as in the short matrix
class Writeback(Disks):
    def check_writes(self, *options):
        disk = self.null_disk(completion_nsec=5000000, hw_queue_depth=64, submit_queues=1)
        limit = f"/sys/block/{disk}/queue/wbt_lat_usec"
        if not os.path.exists(limit):
            raise unittest.SkipTest("this kernel has no writeback throttling")
        write(limit, "1")
        # Its measure are the reads that come beside.
        beside = self.spawn(["sh", "-c", f"while :; do dd if=/dev/{disk} of=/dev/null bs=4k count=100 iflag=direct; done"],
                            stderr=subprocess.DEVNULL)
        time.sleep(1)
        many = f"for i in 1 2 3 4 5 6 7 8 9 10 11 12; do dd if=/dev/zero of=/dev/{disk} bs=1M count=4 conv=fsync; done"
        report = self.diagnose("--op", "sync", *options, cmd=["sh", "-c", many]).report
        beside.terminate()
        return report, disk

    def test_where_functions_can_be_watched_it_is_a_limit(self):
        report, disk = self.check_writes()
        if not self.lit(report):
            raise unittest.SkipTest("this kernel lets nobody watch functions")
        self.assertGreater(report.stage("throttle", op="sync"), 0.3 * report.total("seconds", op="sync"))
        finding, = [one for one in report["findings"] if one["id"] == "io-throttled"]
        self.assertIn(f"writeback throttling on {disk} (wbt_lat_usec=1)", finding["summary"])

    def test_elsewhere_it_is_the_queue_and_doctor_says_so(self):
        report, _ = self.check_writes("--no-attach", "rq_limits")
        self.assertFalse(self.lit(report))
        self.assertGreater(report.stage("block_queue", op="sync"), 0.3 * report.total("seconds", op="sync"))
        # wbt's own timer may let some through.
        self.assertLess(report.stage("throttle", op="sync"), 0.2 * report.total("seconds", op="sync"))
        doctor = self.run_iopath("doctor", "--no-attach", "rq_limits").out.decode()
        self.assertIn("block_queue", " ".join(doctor.split("rq_limits", 1)[1].split("\n\n")[0].split()))


class Virtio(Case):
    def test_a_limit_of_a_virtio_disk(self):
        disk = hostdev.given_disk()
        group = hostdev.LimitedCgroup(os.path.basename(disk), 40)  # emulated, a read takes a millisecond by itself
        self.addCleanup(group.close)
        reader = self.gated("direct-reads", disk, 100, 4096, preexec_fn=group.join)
        watch = self.watch("-p", reader.pid).ready()
        self.open_gate(reader)
        report = watch.stop()
        self.assertEqual(report.row(op="read", target="blockdev")["count"], 100)
        self.assertGreater(report.share("throttle", op="read", target="blockdev"), 0.9)
        finding = report["findings"][0]
        self.assertEqual((finding["id"], finding["subject"]["cgroup"]), ("io-throttled", "/" + os.path.basename(group.path)))
