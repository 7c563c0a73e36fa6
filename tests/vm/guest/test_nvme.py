# SPDX-License-Identifier: GPL-2.0-only
"""NVMe commands by hardware queue and CPU: their counts are those of /sys/block, and each CPU has its own queue. The
emulated disk: scripts/vm KERNEL --disk nvme:256M:2."""
import fcntl
import glob
import os
import re
import struct
import subprocess
import unittest

from harness import Case
from hostdev import statistics

COUNT = 300
ERRORS = 5
NVME_IOCTL_IO_CMD = 0xC0484E43
VENDOR_OPCODE = 0xFF  # that no emulated disk has
OPS = {"read": ["of=/dev/null", "iflag=direct"], "write": ["if=/dev/zero", "oflag=direct"]}


def disk():
    found = sorted(glob.glob("/sys/block/nvme*n*"))
    if not found:
        raise unittest.SkipTest("no NVMe disk: scripts/vm --disk nvme:256M:2")
    return os.path.basename(found[0])


def requests_done(device):
    done = statistics(device)
    return done["read"] + done["write"]


def queues(device):
    """By CPU the number of its hardware queue; that of the admin queue is 0."""
    by_cpu = {}
    for path in glob.glob(f"/sys/block/{device}/mq/*/cpu_list"):
        with open(path, encoding="ascii") as file:
            for cpu in file.read().replace(",", " ").split():
                by_cpu[int(cpu)] = 1 + int(path.split("/")[-2])
    return by_cpu


def schedule(device, scheduler):
    """What there was to choose from, with the former one in brackets."""
    path = f"/sys/block/{device}/queue/scheduler"
    with open(path, encoding="ascii") as file:
        before = file.read()
    with open(path, "w", encoding="ascii") as file:
        file.write(scheduler)
    return before


class Nvme(Case):
    def copy(self, device, op, cpu, count=COUNT):
        own = f"if=/dev/{device}" if op == "read" else f"of=/dev/{device}"
        subprocess.run(["dd", own, *OPS[op], "bs=4k", f"count={count}"], check=True, capture_output=True,
                       preexec_fn=lambda: os.sched_setaffinity(0, {cpu}))

    def total(self, report, device, name):
        return sum(row[name] for row in report["nvme"] if row["device"] == device)

    def test_each_cpu_has_its_queue_and_all_are_those_of_sysfs(self):
        device = disk()
        before = requests_done(device)
        watch = self.watch().ready()
        for cpu in (0, 1):
            for op in OPS:
                self.copy(device, op, cpu)
        report = watch.stop()
        done = requests_done(device) - before
        self.assertEqual(report.lost(), {})
        self.assertEqual(self.total(report, device, "submitted"), done)
        self.assertEqual(self.total(report, device, "completed"), done)
        self.assertGreaterEqual(done, 4 * COUNT)
        for cpu, qid in queues(device).items():
            row = [one for one in report["nvme"] if (one["device"], one["qid"], one["cpu"]) == (device, qid, cpu)]
            self.assertEqual(len(row), 1, f"queue {qid} on CPU {cpu}: {report['nvme']}")
            self.assert_within(row[0]["submitted"], 2 * COUNT, done - 2 * COUNT, f"CPU {cpu}")
            self.assertEqual(row[0]["queue"]["count"], row[0]["submitted"])
            self.assertEqual((row[0]["errors"], row[0]["retries"]), ([], 0))
        for row in report["nvme"]:
            self.assertEqual(row["completed_elsewhere_share"] is None, row["completed"] == 0)
            self.assertEqual(row["interrupts_elsewhere_share"] is None, row["completed"] == 0)

    def test_the_parts_are_those_of_the_requests(self):
        device = disk()
        watch = self.watch().ready()
        self.copy(device, "read", 0, 1000)
        report = watch.stop()
        block, = report.block(device, "read")
        rows = [row for row in report["nvme"] if row["device"] == device]
        self.assertEqual(sum(row["completed"] for row in rows), block["service"]["count"])
        parts = {name: sum(row[name]["sum"] for row in rows) for name in ("queue", "command", "completion")}
        whole = block["queue"]["sum"] + block["service"]["sum"]
        figures = f"{parts}, queue {block['queue']['sum']}, service {block['service']['sum']}"
        print(figures)
        # From when it was asked for until it was done, less the time between two programs on one event.
        self.assert_within(sum(parts.values()), 0.93 * whole, 1.07 * whole, figures)
        self.assertLess(parts["queue"], block["queue"]["sum"] * 1.01, figures)
        # A command begins when it is set up, which is before its request's issue.
        row = max(rows, key=lambda one: one["completed"])
        middle = f"command {row['command']['p50']}, service {block['service']['p50']}, queue {block['queue']['p50']}"
        self.assert_within(row["command"]["p50"], 0.5 * block["service"]["p50"],
                           block["queue"]["p50"] + 1.1 * block["service"]["p50"], middle)

    def test_commands_that_fail_are_told_by_status(self):
        device = disk()
        # Without a scheduler some kernels (6.12) complete commands in batches, the failed ones as if they had not.
        chosen, = re.findall(r"\[(.*)\]", schedule(device, "mq-deadline"))
        self.addCleanup(schedule, device, chosen)
        with open(f"/dev/{device}", "rb") as file:
            namespace = fcntl.ioctl(file, 0x4E40)  # NVME_IOCTL_ID
            watch = self.watch().ready()
            for _ in range(ERRORS):
                command = bytearray(struct.pack("=BBHI64x", VENDOR_OPCODE, 0, 0, namespace))
                self.assertGreater(fcntl.ioctl(file, NVME_IOCTL_IO_CMD, command), 0)
        report = watch.stop()
        self.assertEqual(report.lost(), {})
        errors = [error for row in report["nvme"] if row["device"] == device for error in row["errors"]]
        self.assertEqual(sum(error["count"] for error in errors), ERRORS, report["nvme"])
        self.assertEqual(self.total(report, device, "completed"), ERRORS)

    def test_commands_for_the_controller_are_its_admin_queues(self):
        device = disk()
        controller = device[:device.index("n", 4)]
        watch = self.watch().ready()
        with open(f"/sys/class/nvme/{controller}/rescan_controller", "w", encoding="ascii") as file:
            file.write("1")  # which asks it for its namespaces
        self.copy(device, "read", 0, 1000)  # the scan is another thread's
        report = watch.stop()
        rows = [row for row in report["nvme"] if row["qid"] == 0]
        self.assertTrue(rows)
        # 5.10 has no types of modules: there it is not known which controller.
        self.assertIn({row["device"] for row in rows}, ({controller}, {"nvme"}))
        self.assertEqual(sum(row["completed"] for row in rows), sum(row["submitted"] for row in rows))
