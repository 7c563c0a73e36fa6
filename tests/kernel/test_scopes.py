# SPDX-License-Identifier: GPL-2.0-only
"""Whose I/O is counted: a command and all that comes from it, processes, a cgroup, a name; never iopath's
own."""
import collections
import json
import os
import re
import subprocess
import time

from harness import Case
from hostdev import tool


class Command(Case):
    def test_children_threads_and_executed_programs_are_followed(self):
        device = self.loop(fs="ext4")
        run = self.diagnose(cmd=self.workload("descend", device.path(), 5, 20))
        # Five programs, each two threads, each 20 writes.
        self.assertEqual(run.report.total("count", op="write", device=device.name), 200)
        self.assertEqual(run.report.total("count", op="open", device=device.name), 5)
        self.assert_nothing_lost(run.report)

    def test_a_command_is_watched_from_its_first_instruction_and_nothing_before(self):
        command = self.workload("stamp")
        trace = self.fresh("strace")
        subprocess.run([tool("strace"), "-f", "-o", trace, *command], stdout=subprocess.DEVNULL, check=True)
        with open(trace, encoding="utf-8") as file:
            calls = collections.Counter(re.findall(r"^\d+ +(\w+)\(", file.read(), re.MULTILINE))
        report = self.diagnose(cmd=command).report
        # The dynamic loader's calls come first of all; iopath's own steps to start the command are not
        # among them.
        self.assertGreater(calls["openat"], 0)
        self.assertEqual(report.total("count", op="open"), calls["openat"] + calls["open"])
        self.assertEqual(report.total("count", op="close"), calls["close"])
        self.assertEqual(report.total("count", op="read"), calls["read"] + calls["pread64"])
        self.assertEqual(report.total("count", op="write"), calls["write"])

    def test_others_are_not_counted(self):
        device = self.loop(fs="ext4")
        beside = self.gated("cached", device.path(), 1.0, 4096, "read")
        beside.stdin.write(b"g")
        beside.stdin.flush()
        run = self.diagnose(cmd=["sleep", "0.3"])
        self.assertEqual(run.report.rows(device=device.name), [])

    def test_a_daemon_left_behind_does_not_hold_the_watch_and_is_noted(self):
        command = self.workload("daemonise", 2)
        run = self.diagnose(cmd=command)
        self.assertLess(run.seconds, 1.5, "the watch waited for the daemon")
        self.assertEqual(run.report["command_end"]["descendants_left"], 1)
        shown = self.run_iopath("diagnose", "--", *command).err.decode().replace("\n", " ")
        self.assertRegex(shown, r"\b1\b[^.]{0,40}(descendant|process|left|remain|running)")

    def test_what_is_in_flight_is_told_as_of_one_moment(self):
        """Operations begin and end while they are looked at, on other processors."""
        for _ in range(3):
            self.spawn(self.workload("ping-pong", 10_000_000), stdout=subprocess.DEVNULL)
        lines = self.run_iopath("diagnose", "--interval", "0.02", "--duration", "6", "--json").out.splitlines()
        rows = [row for line in lines for row in json.loads(line)["in_flight"] if not row["begun_before"]]
        self.assertGreater(len(rows), 100)
        wrong = [row for row in rows if abs(sum(one["seconds"] for one in row["stages"]) - row["seconds"]) > 2e-9]
        self.assertEqual(wrong, [])

    def test_a_reader_left_blocked_is_in_flight(self):
        run = self.diagnose(cmd=self.workload("leave-reader", 400))
        entry = next(one for one in run.report["in_flight"] if one["pid"] == run.facts["pid"])
        self.assertEqual((entry["op"], entry["target"], entry["comm"]), ("read", "pipe", "wl-left"))
        # Begun about when the parent's nap of 0.4 s began.
        self.assert_within(entry["seconds"], 0.35, run.seconds)


class Processes(Case):
    def test_only_the_given_process_is_counted(self):
        device = self.loop(fs="ext4")
        one = self.gated("write-fsync", device.path("one"), 30, 512)
        two = self.gated("write-fsync", device.path("two"), 50, 512)
        watch = self.watch("-p", one.pid).ready()
        self.open_gate(one, two)
        report = watch.stop()
        self.assertEqual(report["scope"]["kind"], "pid")
        self.assertEqual(report.total("count", op="write", device=device.name), 30)

    def test_several_processes_and_all_their_threads(self):
        device = self.loop(fs="ext4")
        one = self.gated("threads", device.path("one"), 8, 10)
        two = self.gated("threads", device.path("two"), 4, 10)
        three = self.gated("threads", device.path("three"), 2, 10)
        watch = self.watch("-p", f"{one.pid},{two.pid}").ready()
        self.open_gate(one, two, three)
        report = watch.stop()
        self.assertEqual(report.total("count", op="write", device=device.name), 120)
        self.assertEqual(report.total("count", op="read", device=device.name), 120)

    def test_by_process_gives_each_its_own_rows(self):
        device = self.loop(fs="ext4")
        one = self.gated("write-fsync", device.path("one"), 30, 512)
        two = self.gated("write-fsync", device.path("two"), 50, 512)
        watch = self.watch("-p", f"{one.pid},{two.pid}", "--by", "process").ready()
        self.open_gate(one, two)
        report = watch.stop()
        for process, count in ((one, 30), (two, 50)):
            row = report.row(op="write", device=device.name, pid=process.pid)
            self.assertEqual((row["count"], row["comm"]), (count, "workload"))


class Names(Case):
    def test_only_processes_of_that_name(self):
        device = self.loop(fs="ext4")
        named = self.gated("named", b"iopt".hex(), device.path("one"), 25)
        other = self.gated("write-fsync", device.path("two"), 10, 512)
        watch = self.watch("--comm", "iopt").ready()
        self.open_gate(named, other)
        report = watch.stop()
        self.assertEqual(report.total("count", op="write", device=device.name), 25)


class Cgroups(Case):
    def test_only_processes_of_that_cgroup(self):
        device = self.loop(fs="ext4")
        group = self.cgroup()
        inside = self.gated("descend", device.path("one"), 3, 10, preexec_fn=group.join)
        outside = self.gated("write-fsync", device.path("two"), 50, 512)
        watch = self.watch("-c", group.path).ready()
        self.open_gate(inside, outside)
        report = watch.stop()
        self.assertEqual(report["scope"]["kind"], "cgroup")
        self.assertEqual(report.total("count", op="write", device=device.name), 60)

    def test_by_cgroup_names_the_path(self):
        device = self.loop(fs="ext4")
        group = self.cgroup()
        inside = self.gated("write-fsync", device.path("one"), 20, 512, preexec_fn=group.join)
        outside = self.gated("write-fsync", device.path("two"), 30, 512)
        watch = self.watch("--by", "cgroup").ready()
        self.open_gate(inside, outside)
        report = watch.stop()
        counts = {row["cgroup"]: row["count"] for row in report.rows(op="write", device=device.name)}
        mine = [count for path, count in counts.items() if os.path.basename(group.path) in path]
        self.assertEqual((mine, sum(counts.values())), ([20], 50))


class System(Case):
    def test_everybody_is_counted_and_top_names_them(self):
        device = self.loop(fs="ext4")
        one = self.gated("write-fsync", device.path("one"), 20, 512)
        two = self.gated("write-fsync", device.path("two"), 200, 512)
        watch = self.watch().ready()
        self.open_gate(one, two)
        report = watch.stop()
        self.assertEqual(report["scope"]["kind"], "system")
        row = report.row(op="sync", device=device.name)
        self.assertEqual(row["count"], 220)
        times = {entry["pid"]: entry["seconds"] for entry in row["top"]}
        self.assertEqual(set(times), {one.pid, two.pid})
        # Ten times the fsyncs take more time, whatever they met.
        self.assertGreater(times[two.pid], times[one.pid])

    def test_iopath_never_counts_itself(self):
        watch = self.watch("--by", "process").ready()
        time.sleep(0.3)
        pid = watch.pid
        threads = {int(name) for name in os.listdir(f"/proc/{pid}/task")}
        report = watch.stop()
        counted = {row["pid"] for row in report["operations"]}
        counted |= {entry["pid"] for row in report["operations"] for entry in row["top"]}
        counted |= {entry["pid"] for entry in report["in_flight"]}
        self.assertEqual(counted & (threads | {pid}), set())

    def test_iopaths_own_report_is_not_counted_with_a_command(self):
        device = self.loop(fs="ext4")
        done = self.run_iopath("diagnose", "--json", "--output", device.path("report.json"), "--", "true")
        self.assertEqual(done.status, 0, done.err)
        report = self.load(device.path("report.json"))
        self.assertEqual(report.rows(device=device.name), [])
