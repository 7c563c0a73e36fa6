# SPDX-License-Identifier: GPL-2.0-only
"""Who asked for block requests: processes and cgroups as they submit, never who happens to run when a
request is done; writeback as that of a file system."""
import os
import subprocess

from harness import Case
import hostdev


def submitted(report, device, op):
    return [entry for row in report.block(device, op) for entry in row["by"]]


def least(report, count):
    """How many of so many requests have their submitter, at least: where nothing tells of a request before it is
    issued (before 6.4), a worker may issue it."""
    start, = [line for line in report["coverage"] if line["probe"] == "block_start"]
    return 0.8 * count if "block_start__raw_tp_getrq" in start["programs"] else count


class Processes(Case):
    def test_each_request_has_its_process(self):
        device = self.loop()
        one = self.gated("direct-reads", device.node, 30, 4096)
        two = self.gated("direct-reads", device.node, 50, 8192)
        watch = self.watch().ready()
        self.open_gate(one, two)
        report = watch.stop()
        by = {entry["pid"]: entry for entry in submitted(report, device.name, "read")
              if entry["comm"] == "workload"}
        for process, count, size in ((one, 30, 4096), (two, 50, 8192)):
            entry = by[process.pid]
            self.assertEqual((entry["kind"], entry["bytes"]), ("process", entry["count"] * size))
            self.assert_within(entry["count"], least(report, count), count)
            self.assertGreater(entry["seconds"], 0)

    def test_parts_sum_to_their_row(self):
        device = self.loop(fs="ext4")
        watch = self.watch().ready()
        subprocess.run(self.workload("write-fsync", device.path(), 100, 4096), check=True,
                       stdout=subprocess.DEVNULL)
        report = watch.stop()
        for row in report.block(device.name):
            self.assertEqual(sum(entry["count"] for entry in row["by"]), row["count"], row["op"])
            self.assertEqual(sum(entry["bytes"] for entry in row["by"]), row["bytes"], row["op"])
        # The journal's writes are its thread's, a flush is nobody's.
        kernel = {entry["comm"] for entry in submitted(report, device.name, "write") if entry["kind"] == "kernel"}
        self.assertIn(f"jbd2/{device.name}-8", kernel)
        self.assertEqual({entry["kind"] for entry in submitted(report, device.name, "flush")}, {"unknown"})

    def test_by_process_gives_each_its_own_rows(self):
        device = self.loop()
        one = self.gated("direct-reads", device.node, 30, 4096)
        two = self.gated("direct-reads", device.node, 50, 4096)
        watch = self.watch("--by", "process").ready()
        self.open_gate(one, two)
        report = watch.stop()
        counts = {row["pid"]: row["service"]["count"] for row in report.block(device.name, "read")
                  if row["comm"] == "workload"}
        self.assert_within(counts[one.pid], least(report, 30), 30)
        self.assert_within(counts[two.pid], least(report, 50), 50)


class Scopes(Case):
    def test_a_command_sees_its_own_requests_only(self):
        device = self.loop()
        beside = self.gated("direct-reads", device.node, 200, 4096)
        beside.stdin.write(b"g")
        beside.stdin.flush()
        report = self.diagnose(cmd=self.workload("direct-reads", device.node, 23, 4096)).report
        self.assertEqual([row["count"] for row in report.block(device.name, "read")], [23])

    def test_a_process_sees_its_own_requests_only(self):
        device = self.loop()
        one = self.gated("direct-reads", device.node, 30, 4096)
        two = self.gated("direct-reads", device.node, 50, 4096)
        watch = self.watch("-p", one.pid).ready()
        self.open_gate(one, two)
        report = watch.stop()
        self.assertEqual([row["count"] for row in report.block(device.name, "read")], [30])

    def test_a_cgroup_sees_its_own_requests_only(self):
        device = self.loop()
        group = self.cgroup()
        inside = self.gated("direct-reads", device.node, 30, 4096, preexec_fn=group.join)
        outside = self.gated("direct-reads", device.node, 50, 4096)
        watch = self.watch("-c", group.path).ready()
        self.open_gate(inside, outside)
        report = watch.stop()
        row, = report.block(device.name, "read")
        self.assertEqual(row["count"], 30)
        self.assertTrue(row["by"][0]["cgroup"].endswith(os.path.basename(group.path)))


class Writeback(Case):
    MEBIBYTES = 16

    def write_and_sync(self, device, group, *options):
        watch = self.watch(*options).ready()
        subprocess.run(["dd", "if=/dev/zero", f"of={device.path()}", "bs=1M", f"count={self.MEBIBYTES}"],
                       check=True, preexec_fn=group.join, stderr=subprocess.DEVNULL)
        os.sync()
        return watch.stop()

    def test_writeback_is_that_of_a_file_system(self):
        device, group = self.loop(fs="ext4"), self.cgroup()
        report = self.write_and_sync(device, group)
        entries = [entry for entry in submitted(report, device.name, "write") if entry["kind"] == "writeback"]
        self.assertTrue(entries, submitted(report, device.name, "write"))
        for entry in entries:
            self.assertEqual((entry["pid"], entry["comm"], entry["device"], entry["fs"]),
                             (None, "writeback", device.name, "ext4"))
        self.assertGreaterEqual(sum(entry["bytes"] for entry in entries), self.MEBIBYTES << 19)

    def test_writeback_is_charged_to_the_cgroup_that_wrote(self):
        device, group = self.loop(fs="ext4"), self.cgroup()
        if not hostdev.enable_controllers("io", "memory"):
            self.skipTest("this host's cgroups have no io and memory controllers to give")
        report = self.write_and_sync(device, group)
        charged = sum(entry["bytes"] for entry in submitted(report, device.name, "write")
                      if (entry["cgroup"] or "").endswith(os.path.basename(group.path)))
        self.assert_within(charged, self.MEBIBYTES * 0.99 * (1 << 20), self.MEBIBYTES * 1.01 * (1 << 20))
        report = self.write_and_sync(device, group, "-c", group.path)
        seen = sum(row["bytes"] for row in report.block(device.name, "write"))
        self.assert_within(seen, self.MEBIBYTES * 0.99 * (1 << 20), self.MEBIBYTES * 1.01 * (1 << 20))
