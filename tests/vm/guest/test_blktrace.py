# SPDX-License-Identifier: GPL-2.0-only
"""Requests against blktrace of the very same run: counts equal, times in the queue and with the driver within one
bucket."""
import math
import os
import subprocess
import time

from harness import Case
from hostdev import tool

BUCKET = 2 ** (1 / 8)
# Both stamp at the same events one after the other, and what is done there takes its time in an emulated machine.
OWN = 2e-6


def quantile(times, q):
    return sorted(times)[max(0, math.ceil(q * len(times)) - 1)]


class Blktrace(Case):
    def trace(self, node):
        """A running blktrace of the device and where it writes."""
        if not os.path.isdir("/sys/kernel/debug/block"):
            subprocess.run(["mount", "-t", "debugfs", "none", "/sys/kernel/debug"], check=False)
        output = self.fresh("trace")
        process = self.spawn([tool("blktrace"), "-d", node, "-o", os.path.basename(output), "-b", "1024", "-n", "8"],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder)
        time.sleep(1)
        if process.poll() is not None:
            self.skipTest("blktrace cannot trace here")
        return process, output

    def times(self, output):
        """Queue (G to D) and service (D to C) times of the reads, in seconds."""
        text = subprocess.run([tool("blkparse"), "-q", "-i", os.path.basename(output), "-f", "%a %d %S %T %t\n"], check=True,
                              capture_output=True, text=True, cwd=self.folder).stdout
        begun, queue, service = {}, [], []
        for line in text.splitlines():
            words = line.split()
            if len(words) != 5 or "R" not in words[1]:
                continue
            action, sector, now = words[0], words[2], int(words[3]) + int(words[4]) / 1e9
            if action == "G":
                begun[sector] = {"G": now}
            elif action == "D" and sector in begun:
                queue.append(now - begun[sector]["G"])
                begun[sector]["D"] = now
            elif action == "C" and begun.get(sector, {}).get("D"):
                service.append(now - begun.pop(sector)["D"])
        return queue, service

    def test_times_are_those_of_blktrace(self):
        device = self.loop()
        with open(f"/sys/block/{device.name}/queue/scheduler", "w", encoding="ascii") as file:
            file.write("mq-deadline")
        tracer, output = self.trace(device.node)
        watch = self.watch("-d", device.name).ready()
        subprocess.run([tool("fio"), "--name=job", f"--filename={device.node}", "--direct=1", "--size=16m", "--bs=4k",
                        "--rw=randread", "--ioengine=libaio", "--iodepth=64", "--iodepth_batch=16"], check=True,
                       stdout=subprocess.DEVNULL)
        report = watch.stop()
        tracer.terminate()
        tracer.wait(20)
        queue, service = self.times(output)
        row, = report.block(device.name, "read")
        self.assert_within(row["count"], len(service), len(service) * 1.01 + 3)
        # The longest stays in the queue, of microseconds here, are those that the emulator cut in two.
        for name, times, q, key in (("queue", queue, 0.5, "p50"), ("service", service, 0.5, "p50"),
                                    ("service", service, 0.99, "p99")):
            with self.subTest(figure=f"{name} {key}"):
                theirs = quantile(times, q)
                self.assert_within(row[name][key], theirs / BUCKET - OWN, theirs * BUCKET + OWN,
                                   f"blktrace says {theirs}, we")
