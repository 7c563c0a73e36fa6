# SPDX-License-Identifier: GPL-2.0-only
"""Disks that fail: bad sectors, answers that do not come, a disk that is taken away under load. The disks are the
kernel's scsi_debug; the guest belongs to these tests."""
import os
import subprocess
import time

from disks import ScsiDebug
from stamps import Stamps

# Where scsi_debug's bad medium begins (OPT_MEDIUM_ERR_ADDR), ten sectors long.
BAD_SECTOR = 0x1234


class Errors(ScsiDebug):
    def read(self, disk, sector, count=1):
        return subprocess.run(["dd", f"if=/dev/{disk}", "of=/dev/null", "bs=512", f"skip={sector}", f"count={count}",
                               "iflag=direct"], capture_output=True, check=False).returncode

    def errors(self, report, disk):
        return [row for row in report["block_errors"] if row["device"] == disk]

    def test_a_bad_sector_is_named(self):
        disk = self.disk(opts=2)
        watch = self.watch().ready()
        self.assertEqual(self.read(disk, 8), 0)
        self.assertNotEqual(self.read(disk, BAD_SECTOR), 0)
        report = watch.stop()
        self.assertTrue(self.errors(report, disk))
        for row in self.errors(report, disk):
            self.assertEqual((row["op"], row["status"], row["sector"], row["comm"]),
                             ("read", "MEDIUM", BAD_SECTOR, "dd"))
        finding = next(one for one in report["findings"] if one["id"] == "io-error")
        self.assertIn(str(BAD_SECTOR), " ".join(finding["evidence"]))

    def test_a_request_that_fails_halfway_is_one_request(self):
        disk = self.disk(opts=2)
        stamps = Stamps(disk)
        self.addCleanup(stamps.close)
        first = BAD_SECTOR & ~7
        watch = self.watch().ready()
        done = subprocess.run(["dd", f"if=/dev/{disk}", "of=/dev/null", "bs=4k", f"skip={first // 8}", "count=1",
                               "iflag=direct"], capture_output=True, check=False)
        report = watch.stop()
        self.assertNotEqual(done.returncode, 0)
        seen = [stamp for stamp in stamps.stop() if first <= stamp.sector < first + 8]
        ends = [stamp for stamp in seen if stamp.event == "block_rq_complete"]
        # Two events: what is done of it (with scsi_debug nothing), and the failure of the rest.
        self.assertEqual((len(ends), sum(end.sectors for end in ends)), (2, 8))
        row, = report.block(disk, "read")
        issued = sum(stamp.event == "block_rq_issue" for stamp in seen)
        requeued = sum(stamp.event == "block_rq_requeue" for stamp in seen)
        self.assertEqual((row["count"], row["errors"], row["requeues"]), (issued - requeued, 1, requeued))
        self.assertEqual(row["bytes"], 4096)
        # Where the request begins, less what of it was done: the kernel's message says the same.
        self.assertEqual({one["sector"] for one in self.errors(report, disk)}, {ends[-1].sector})
        self.assert_nothing_lost(report)

    def test_requests_that_the_driver_sends_back_are_counted_once(self):
        disk = self.disk()
        stamps = Stamps(disk)
        self.addCleanup(stamps.close)
        watch = self.watch().ready()
        self.option("opts", 0x8000)  # "host busy" at every third command
        self.option("every_nth", 3)
        subprocess.run(["dd", f"if=/dev/{disk}", "of=/dev/null", "bs=4k", "count=60", "iflag=direct"], check=True,
                       stderr=subprocess.DEVNULL)
        self.option("every_nth", 0)
        self.option("opts", 0)
        report = watch.stop()
        sent_back = sum(stamp.event == "block_rq_requeue" for stamp in stamps.stop())
        if not sent_back:
            self.skipTest("scsi_debug of this kernel sends nothing back")
        row, = report.block(disk, "read")
        self.assertEqual((row["count"], row["bytes"], row["errors"]), (60, 60 * 4096, 0))
        self.assertEqual(row["requeues"], sent_back)
        self.assertEqual(sum(count for _, count in row["service"]["buckets"]), 60)
        self.assert_nothing_lost(report)

    def test_delay_is_the_devices_time(self):
        disk = self.disk(ndelay=5000000)
        report = self.diagnose(cmd=["dd", f"if=/dev/{disk}", "of=/dev/null", "bs=4k", "count=40", "iflag=direct"]).report
        row, = report.block(disk, "read")
        self.assertEqual(row["count"], 40)
        self.assert_within(row["service"]["p50"], 0.005, 0.005 * 1.5)
        finding = report["findings"][0]
        self.assertEqual((finding["id"], finding["subject"]["device"]), ("device-bound", disk))
        self.assertIn("slow", finding["summary"])

    def test_an_answer_that_does_not_come_is_a_timeout(self):
        disk = self.disk()
        with open(f"/sys/block/{disk}/device/timeout", "w", encoding="ascii") as file:
            file.write("1")
        watch = self.watch().ready()
        self.option("opts", 4)  # ignores every command whose turn it is
        self.option("every_nth", -1)
        reader = subprocess.Popen(["dd", f"if=/dev/{disk}", "of=/dev/null", "bs=512", "count=1", "iflag=direct"],
                                  stderr=subprocess.DEVNULL)
        time.sleep(4)
        self.option("every_nth", 0)
        self.option("opts", 0)
        reader.wait(60)
        report = watch.stop()
        self.assertGreater(sum(row["timeouts"] for row in report.block(disk, "read")), 0)

    def test_a_disk_that_is_taken_away_keeps_its_name(self):
        disk = self.disk(ndelay=2000000)
        watch = self.watch().ready()
        load = subprocess.Popen(["dd", f"if=/dev/{disk}", "of=/dev/null", "bs=4k", "iflag=direct"],
                                stderr=subprocess.DEVNULL)
        time.sleep(0.5)
        with open(f"/sys/block/{disk}/device/delete", "w", encoding="ascii") as file:
            file.write("1")
        load.wait(60)
        self.assertFalse(os.path.exists(f"/sys/block/{disk}"))
        report = watch.stop()
        row, = report.block(disk, "read")
        self.assertGreater(row["count"], 10)
        # Each was with the driver alone.
        self.assertLessEqual(row["depth_mean"], 1)
        # And the memory of its requests serves the next disk.
        disk = self.disk()
        report = self.diagnose(cmd=["dd", f"if=/dev/{disk}", "of=/dev/null", "bs=4k", "count=30", "iflag=direct"]).report
        self.assertEqual([row["count"] for row in report.block(disk, "read")], [30])
        self.assert_nothing_lost(report)
