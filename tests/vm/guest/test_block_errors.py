# SPDX-License-Identifier: GPL-2.0-only
"""Disks that fail: bad sectors, answers that do not come, a disk that is taken away under load. The disks are the
kernel's scsi_debug; the guest belongs to these tests."""
import glob
import os
import subprocess
import time
import unittest

from harness import Case

BUS = "/sys/bus/pseudo/drivers/scsi_debug"
# Where scsi_debug's bad medium begins (OPT_MEDIUM_ERR_ADDR), ten sectors long.
BAD_SECTOR = 0x1234


class ScsiDebug(Case):
    def disk(self, **parameters):
        """The only disk of a freshly loaded scsi_debug."""
        subprocess.run(["modprobe", "-r", "scsi_debug"], capture_output=True, check=False)
        words = [f"{name}={value}" for name, value in parameters.items()]
        done = subprocess.run(["modprobe", "scsi_debug", "dev_size_mb=64", *words], capture_output=True, check=False)
        if done.returncode:
            raise unittest.SkipTest(f"no scsi_debug: {done.stderr.decode().strip()}")
        self.addCleanup(subprocess.run, ["modprobe", "-r", "scsi_debug"], capture_output=True, check=False)
        subprocess.run(["modprobe", "sd_mod"], capture_output=True, check=False)
        for _ in range(100):
            names = glob.glob(f"{BUS}/adapter*/host*/target*/*/block/*")
            if names and os.path.exists("/dev/" + os.path.basename(names[0])):
                return os.path.basename(names[0])
            time.sleep(0.1)
        raise unittest.SkipTest("scsi_debug made no disk")

    def option(self, name, value):
        with open(f"{BUS}/{name}", "w", encoding="ascii") as file:
            file.write(str(value))

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
