# SPDX-License-Identifier: GPL-2.0-only
"""What rows of block requests say beside counts: sizes, order, depth, flags, flush sequences, errors; and
that they can be limited to a device."""
import contextlib
import json
import os
import subprocess

import hostdev
from harness import Case, Disturbed
from hostdev import tool


class Figures(Case):
    def fio(self, device, *options, watch=()):
        output = self.fresh("fio.json")
        watched = self.watch(*watch).ready()
        subprocess.run([tool("fio"), "--name=job", f"--filename={device.node}", "--direct=1", "--size=32m",
                        "--output-format=json", f"--output={output}", *options], check=True)
        report = watched.stop()
        # An interrupt's completion inside our program for another one goes uncounted, and the report says so.
        if report.loss("skipped_run"):
            raise Disturbed("the kernel skipped runs of our programs")
        with open(output, encoding="utf-8") as file:
            return report, json.load(file)["jobs"][0]

    def test_sequential_and_random_are_told_apart_with_their_sizes(self):
        device = self.loop()
        for pattern, low, high in (("read", 0.95, 1), ("randread", 0, 0.05)):
            with self.subTest(pattern=pattern):
                # Each CPU knows what it issued itself: a stream is followed as long as it stays there.
                report, job = self.fio(device, f"--rw={pattern}", "--bs=16k", "--ioengine=psync", "--cpus_allowed=0")
                row = max(report.block(device.name, "read"), key=lambda one: one["count"])
                self.assertGreaterEqual(row["count"], job["read"]["total_ios"])
                self.assertEqual((row["sizes"]["p50"], row["sizes"]["p99"]), (16384, 16384))
                self.assert_within(row["sequential_share"], low, high)
                self.assertEqual(sum(count for _, count in row["sizes"]["buckets"]), row["count"])

    def test_depth_is_that_of_the_load(self):
        device = self.loop()
        report, job = self.fio(device, "--rw=randread", "--bs=4k", "--ioengine=psync")
        busy = job["job_runtime"] / 1000 / report["interval"]["seconds"]
        # Synchronous requests of one thread never meet.
        self.assertLessEqual(report.block(device.name, "read")[0]["depth_mean"], busy)
        report, job = self.fio(device, "--rw=randread", "--bs=4k", "--ioengine=libaio", "--iodepth=16")
        row = report.block(device.name, "read")[0]
        busy = job["job_runtime"] / 1000 / report["interval"]["seconds"]
        self.assert_within(row["depth_mean"], busy, 16 * busy)
        # Little's law, where nothing was open at the ends.
        self.assertAlmostEqual(row["depth_mean"] * report["interval"]["seconds"], row["service"]["sum"],
                               delta=0.05 * row["service"]["sum"])

    def test_splits_and_flags(self):
        device = self.loop()
        with open(f"/sys/block/{device.name}/queue/max_sectors_kb", encoding="ascii") as file:
            largest = int(file.read()) << 10
        report, _ = self.fio(device, "--rw=write", f"--bs={largest * 4}", "--ioengine=psync", "--sync=1")
        row = report.block(device.name, "write")[0]
        self.assertGreater(row["splits"], 0)
        # Sizes are known to a power of two; other limits may cut shorter still.
        self.assertLess(row["sizes"]["p99"], 2 * largest)
        self.assertGreater(row["flags"]["sync"], 0)

    def test_time_in_the_scheduler_is_part_of_the_queue_time(self):
        device = self.loop()
        path = f"/sys/block/{device.name}/queue/scheduler"
        with open(path, encoding="ascii") as file:
            if "mq-deadline" not in file.read():
                self.skipTest("this kernel has no mq-deadline")
        with open(path, "w", encoding="ascii") as file:
            file.write("mq-deadline")
        report, _ = self.fio(device, "--rw=randread", "--bs=4k", "--ioengine=libaio", "--iodepth=32")
        row = report.block(device.name, "read")[0]
        self.assertGreaterEqual(row["scheduler"]["count"], 0.9 * row["count"])
        self.assert_within(row["scheduler"]["seconds"], 0, row["queue"]["sum"])

    def test_flush_sequences_are_counted_as_what_they_are(self):
        device = self.loop(fs="ext4")
        watch = self.watch().ready()
        subprocess.run(self.workload("write-fsync", device.path(), 50, 4096), check=True, stdout=subprocess.DEVNULL)
        report = watch.stop()
        sequence, = [row for row in report["flush_sequences"] if row["device"] == device.name]
        # A commit of the journal is one: preflush, commit block, postflush.
        self.assertGreaterEqual(sequence["count"], 50)
        self.assertGreaterEqual(sequence["preflush"], 50)
        flush = report.block(device.name, "flush")[0]
        self.assertGreater(flush["count"], 50)
        self.assertGreaterEqual(sequence["service"]["p50"], flush["service"]["p50"])


class Errors(Case):
    def full(self):
        """A device whose backing file has no room for more than the first mebibyte."""
        folder = self.fresh("tmpfs")
        os.mkdir(folder)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", folder], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", folder], check=False)
        device = hostdev.LoopDevice(folder, 4, None)
        self.addCleanup(device.close)
        punch = ["fallocate", "--punch-hole", "--offset", str(1 << 20), "--length", str(3 << 20), device.backing]
        subprocess.run(punch, check=True)
        with open(os.path.join(folder, "rest"), "wb", buffering=0) as rest, contextlib.suppress(OSError):
            while rest.write(bytes(4096)):
                pass
        return device

    def write(self, device, page):
        return subprocess.Popen(["dd", "if=/dev/zero", f"of={device.node}", "bs=4k", "count=1", f"seek={page}",
                                 "oflag=direct"], stderr=subprocess.DEVNULL)

    def test_failed_requests_have_status_sector_and_process(self):
        device = self.full()
        watch = self.watch().ready()
        self.assertEqual(self.write(device, 1).wait(), 0)
        process = self.write(device, 600)
        self.assertNotEqual(process.wait(), 0)
        report = watch.stop()
        error, = [row for row in report["block_errors"] if row["device"] == device.name]
        self.assertEqual((error["op"], error["count"]), ("write", 1))
        self.assertIn(error["status"], ("IOERR", "NOSPC"))
        self.assertEqual((error["sector"], error["last_sector"]), (600 * 8, 600 * 8))
        self.assertEqual((error["pid"], error["comm"]), (process.pid, "dd"))
        row = report.block(device.name, "write")[0]
        self.assertEqual((row["errors"], row["count"]), (1, row["service"]["count"]))
        finding = next(one for one in report["findings"] if one["id"] == "io-error")
        self.assertEqual((finding["layer"], finding["subject"]["device"]), ("device", device.name))

    def test_the_terminal_shows_them(self):
        device = self.full()
        output = self.fresh("report")
        done = self.run_iopath("diagnose", "-d", device.name, "--output", output, "--", "dd", "if=/dev/zero",
                               f"of={device.node}", "bs=4k", "seek=700", "count=1", "oflag=direct")
        self.assertNotEqual(done.status, 0)
        with open(output, encoding="utf-8") as file:
            text = file.read()
        self.assertRegex(text, rf"Failed requests\n.*\n{device.name} +write +(IOERR|NOSPC) +1 +5600 +dd\[")
        self.assertIn("io-error", text)

    def test_a_request_that_is_done_in_parts_is_one(self):
        device = self.loop()
        if subprocess.run([tool("losetup"), "--direct-io=on", device.node], capture_output=True, check=False).returncode:
            self.skipTest("no direct loop device on this file system")
        # Its file ends in the middle of the read: loop completes the half that is there, asks again, and fails the rest.
        os.truncate(device.backing, 1 << 20)
        watch = self.watch().ready()
        done = subprocess.run(["dd", f"if={device.node}", "of=/dev/null", "bs=8k", f"skip={(1 << 20) - 4096}", "count=1",
                               "iflag=direct,skip_bytes"], capture_output=True, check=False)
        report = watch.stop()
        self.assertNotEqual(done.returncode, 0)
        row, = report.block(device.name, "read")
        self.assertEqual((row["count"], row["bytes"], row["errors"], row["requeues"]), (1, 8192, 1, 1))
        self.assertEqual(sum(count for _, count in row["service"]["buckets"]), 1)
        self.assertEqual([(one["sector"], one["comm"]) for one in report["block_errors"] if one["device"] == device.name],
                         [((1 << 20) // 512, "dd")])

    def test_no_error_no_entry(self):
        device = self.loop()
        report = self.diagnose(cmd=self.workload("direct-reads", device.node, 10, 4096)).report
        self.assertEqual([row for row in report["block_errors"] if row["device"] == device.name], [])
        self.assertNotIn("io-error", report.finding_ids())


class Devices(Case):
    def test_only_that_device(self):
        one, two = self.loop(), self.loop()
        watch = self.watch("-d", one.name).ready()
        for device in (one, two):
            subprocess.run(self.workload("direct-reads", device.node, 20, 4096), check=True, stdout=subprocess.DEVNULL)
        report = watch.stop()
        self.assertEqual({row["device"] for row in report["block"]}, {one.name})
        self.assertEqual({row["device"] for row in report["operations"]}, {one.name})
        self.assertEqual(report.total("count", op="read", device=one.name), 20)
        self.assertEqual(sum(row["count"] for row in report.block(one.name, "read")), 20)

    def test_files_on_it_and_what_is_mounted_later(self):
        device = self.loop(fs="ext4")
        report = self.diagnose("-d", device.node, cmd=self.workload("write-fsync", device.path(), 30, 4096)).report
        self.assertEqual(report.total("count", op="sync", device=device.name), 30)
        self.assertEqual(report.total("count", op="write", device=device.name), 30)
        self.assertEqual({row["device"] for row in report["operations"]}, {device.name})

    def test_an_unknown_device_is_an_error_that_names_those_there_are(self):
        device = self.loop()
        done = self.run_iopath("diagnose", "-d", "nosuchdisk", "--duration", "1")
        self.assertEqual(done.status, 1)
        self.assertIn("nosuchdisk", done.err.decode())
        self.assertIn(device.name, done.err.decode())

    def test_an_op_limits_requests_too(self):
        device = self.loop()
        watch = self.watch("--op", "read", "-d", device.name).ready()
        subprocess.run(["dd", "if=/dev/zero", f"of={device.node}", "bs=64k", "count=10", "oflag=direct"], check=True,
                       stderr=subprocess.DEVNULL)
        subprocess.run(self.workload("direct-reads", device.node, 20, 4096), check=True, stdout=subprocess.DEVNULL)
        report = watch.stop()
        self.assertEqual({row["op"] for row in report["block"]}, {"read"})
        self.assertEqual({row["op"] for row in report["operations"]}, {"read"})
