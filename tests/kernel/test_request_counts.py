# SPDX-License-Identifier: GPL-2.0-only
"""Requests under load, counted against the kernel's own statistics of each device: many devices at once,
requests that were with a device before we came, requests without data."""
import os
import subprocess
import time

import hostdev
from harness import Case, Disturbed
from hostdev import tool

DEVICES = 20
EACH = 10_000  # requests of a device
DEPTH = 64


class Load(Case):
    def in_memory(self):
        folder = self.fresh("tmpfs")
        os.mkdir(folder)
        subprocess.run(["mount", "-t", "tmpfs", "none", folder], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", folder], check=False)
        return folder

    def devices(self, count):
        folder = self.in_memory()
        made = []
        for _ in range(count):
            made.append(hostdev.LoopDevice(folder, 16))
            self.addCleanup(made[-1].close)
        return made

    def fio(self, devices, *options):
        command = [tool("fio"), "--direct=1", "--ioengine=libaio", f"--iodepth={DEPTH}", "--bs=4k", "--size=16m",
                   f"--output={self.fresh('fio')}", *options]
        for number, device in enumerate(devices):
            command += [f"--name=job{number}", f"--filename={device.node}"]
        return command

    def test_twenty_devices_at_full_load(self):
        devices = self.devices(DEVICES)
        before = {device.name: device.statistics() for device in devices}
        watch = self.watch().ready()
        subprocess.run(self.fio(devices, "--rw=randrw", "--norandommap", f"--io_size={EACH * 4096}"), check=True)
        after = {device.name: device.statistics() for device in devices}
        report = watch.stop()
        missing = done = 0
        for device in devices:
            for op in ("read", "write"):
                count = after[device.name][op] - before[device.name][op]
                rows = report.block(device.name, op)
                done += count
                missing += count - sum(row["count"] + row["open"] for row in rows)
                for row in rows:
                    self.assertEqual(sum(by["count"] for by in row["by"]), row["count"])
                    self.assertEqual(row["bytes"], 4096 * row["count"])
        self.assertGreaterEqual(done, DEVICES * EACH)
        lost = report.lost()
        # What is missing, the report has said: runs that the kernel skipped, starts and ends not seen.
        self.assertGreaterEqual(sum(lost.values()), missing, lost)
        self.assertNotIn("map_full", lost)
        self.assertNotIn("detail_full", lost)
        # The build host runs no program for a while, at times: see assert_nothing_lost.
        if missing > done / 1000:
            raise Disturbed(f"the kernel skipped runs of our programs: {lost}, {missing} of {done} requests missing")

    def test_what_was_with_the_device_before_has_no_start(self):
        device = self.devices(1)[0]
        load = self.spawn(self.fio([device], "--rw=randread", "--time_based", "--runtime=60"))
        time.sleep(1)
        for _ in range(5):
            watch = self.watch().ready()
            time.sleep(0.3)
            report = watch.stop()
            row = report.block(device.name, "read")[0]
            self.assertGreater(row["count"], DEPTH)  # more than were there before
            # Not as requests that took no time.
            self.assertGreater(row["service"]["buckets"][0][0], 0)
            self.assertEqual(sum(count for _, count in row["service"]["buckets"]), row["count"])
            if report.loss("no_start") > DEPTH:
                # The build host runs no program for a while: see assert_nothing_lost.
                raise Disturbed(f"issues were not seen: {report.lost()} of {row['count']} requests")
        load.terminate()

    def test_requests_without_data(self):
        device = self.devices(1)[0]
        before = device.statistics()
        watch = self.watch().ready()
        subprocess.run([tool("blkdiscard"), "--step", "1M", device.node], check=True)
        subprocess.run([tool("blkdiscard"), "--zeroout", "--step", "1M", device.node], check=True)
        with open(device.node, "wb", buffering=0) as node:
            node.write(bytes(4096))
            os.fsync(node.fileno())
        report = watch.stop()
        after = device.statistics()
        discards, = report.block(device.name, "discard")
        self.assertEqual(discards["count"], after["discard"] - before["discard"])
        self.assertEqual(discards["bytes"], after["discard_bytes"] - before["discard_bytes"])
        # A device that cannot write zeroes says so, and they are written as data.
        self.assertGreaterEqual(report.block(device.name, "write_zeroes")[0]["count"], 1)
        written = report.block(device.name, "write_zeroes") + report.block(device.name, "write")
        # The flush of an fsync is a sequence that has no data; the kernel counts it as a write.
        sequence, = [row for row in report["flush_sequences"] if row["device"] == device.name]
        self.assertEqual(sequence["bytes"], 0)
        self.assertEqual(sum(row["count"] for row in written) + sequence["count"], after["write"] - before["write"])
        flushes, = report.block(device.name, "flush")
        self.assertGreaterEqual(flushes["count"], 1)
        self.assertEqual((flushes["bytes"], flushes["sizes"]["p50"]), (0, 0))

