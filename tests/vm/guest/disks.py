# SPDX-License-Identifier: GPL-2.0-only
"""Disks of the kernel's own that take as long, and fail as, they are told: null_blk and scsi_debug."""
import glob
import os
import subprocess
import time
import unittest

from harness import Case

BUS = "/sys/bus/pseudo/drivers/scsi_debug"


class NullBlk(Case):
    def null_disk(self, **parameters):
        """The first disk of a freshly loaded null_blk; unless told otherwise, a timer completes its requests."""
        subprocess.run(["modprobe", "-r", "null_blk"], capture_output=True, check=False)
        words = [f"{name}={value}" for name, value in {"nr_devices": 1, "irqmode": 2, **parameters}.items()]
        done = subprocess.run(["modprobe", "null_blk", *words], capture_output=True, check=False)
        if done.returncode or not os.path.exists("/dev/nullb0"):
            raise unittest.SkipTest(f"no null_blk: {done.stderr.decode().strip()}")
        self.addCleanup(subprocess.run, ["modprobe", "-r", "null_blk"], capture_output=True, check=False)
        return "nullb0"


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
