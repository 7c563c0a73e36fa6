# SPDX-License-Identifier: GPL-2.0-only
"""What iopath takes and leaves: time to get ready, memory, and nothing behind it, however it ended."""
import json
import os
import re
import signal
import subprocess
import time

from harness import Case, with_options
from hostdev import tool

READY_SECONDS = 0.100  # design.md
# On a machine that is slower just now it is to be ready before bpftrace is, with one histogram for
# each of these; that took 0.129 s where iopath took 0.102.
BPFTRACE_EVENTS = """
    block:block_rq_issue block:block_rq_complete block:block_rq_insert block:block_rq_merge block:block_rq_requeue
    block:block_getrq block:block_bio_queue block:block_bio_complete block:block_split block:block_bio_remap
    block:block_bio_backmerge block:block_bio_frontmerge irq:irq_handler_entry irq:irq_handler_exit
    irq:softirq_raise irq:softirq_entry irq:softirq_exit irq_vectors:local_timer_entry
    irq_vectors:local_timer_exit sched:sched_switch sched:sched_waking sched:sched_process_exit
    sched:sched_process_exec sched:sched_process_fork sched:sched_migrate_task raw_syscalls:sys_enter
    raw_syscalls:sys_exit vmscan:mm_vmscan_direct_reclaim_begin vmscan:mm_vmscan_direct_reclaim_end
    jbd2:jbd2_start_commit jbd2:jbd2_end_commit net:netif_receive_skb lock:contention_begin lock:contention_end
""".split()
PRINTED_SECONDS = 0.100
RESIDENT_BYTES = 24 << 20


class Times(Case):
    def test_ready_in_100_ms(self):
        best, bpftrace = 60.0, 60.0
        for _ in range(8):  # the best of eight: another's load is not iopath's cost
            start = time.monotonic_ns()
            run = self.diagnose(cmd=self.workload("stamp"))
            # From the spawn of iopath to the first line of the command, so two starts of programs more.
            best = min(best, (run.facts["at_ns"] - start) / 1e9)
            if best < READY_SECONDS:
                return
            bpftrace = min(bpftrace, self.start_of_bpftrace())
        self.assert_fast(best, max(READY_SECONDS, bpftrace))

    def need_tracefs(self):
        """bpftrace looks events up there."""
        if not os.path.isdir("/sys/kernel/tracing/events"):
            subprocess.run(["mount", "-t", "tracefs", "tracefs", "/sys/kernel/tracing"], check=True)
            self.addCleanup(subprocess.run, ["umount", "/sys/kernel/tracing"], check=True)

    def start_of_bpftrace(self):
        self.need_tracefs()
        events = [name for name in BPFTRACE_EVENTS
                  if os.path.exists("/sys/kernel/tracing/events/" + name.replace(":", "/"))]
        self.assertGreater(len(events), len(BPFTRACE_EVENTS) * 3 // 4)
        program = (",".join("tracepoint:" + name for name in events) + " { @[probe] = hist(nsecs); } "
                   'interval:ms:1 { printf("ready\\n"); exit(); }')
        start = time.monotonic()
        with subprocess.Popen([tool("bpftrace"), "-e", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              text=True) as process:
            self.assertIn("ready\n", iter(process.stdout.readline, ""))
            seconds = time.monotonic() - start
            process.stdout.read()  # its histograms, or it does not end
        return seconds

    def test_report_within_100_ms_of_the_commands_end(self):
        best = 60.0
        for _ in range(6):
            run = self.diagnose(cmd=self.workload("stamp"))
            best = min(best, time.monotonic() - run.facts["at_ns"] / 1e9)
        self.assert_fast(best, PRINTED_SECONDS)

    def assert_fast(self, best, limit):
        """The limit is for a machine that has a CPU free for us."""
        load = os.getloadavg()[0]
        if best >= limit and load > os.cpu_count():
            self.skipTest(f"{best:.3f} s, but other work holds the CPUs (load {load:.1f})")
        self.assertLess(best, limit)

    def test_duration_is_kept(self):
        start = time.monotonic()
        report = self.diagnose("--duration", "0.5").report
        spent = time.monotonic() - start
        self.assert_within(report["interval"]["seconds"], 0.5, 0.6, "interval")
        # Attaching, detaching and the report come on top; 1 s for a loaded host.
        self.assertLess(spent, 1.5)


class Memory(Case):
    def test_resident_memory(self):
        watch = self.watch().ready()
        process = self.spawn(self.workload("processes", self.fresh("data"), 1000), stdout=subprocess.DEVNULL)
        self.assertEqual(process.wait(30), 0)
        with open(f"/proc/{watch.pid}/status", encoding="ascii", errors="replace") as file:
            resident = next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmRSS"))
        report = watch.stop()
        self.assertLess(resident, RESIDENT_BYTES)
        self.assertLess(report["self"]["rss_bytes"], RESIDENT_BYTES)
        # It must be iopath's own figure: libraries and a heap are more than a MiB.
        self.assertGreater(report["self"]["rss_bytes"], 1 << 20)

    def test_a_commands_watch_says_its_own_cost(self):
        own = self.diagnose(cmd=self.workload("ping-pong", 5000)).report["self"]
        self.assert_within(own["rss_bytes"], 1 << 20, RESIDENT_BYTES)
        # 20,000 calls, each through two programs of 50 ns to 1 us, and as many switches.
        self.assert_within(own["bpf_seconds"], 20000 * 50e-9, 20000 * 4e-6)
        self.assert_within(own["user_seconds"], 0.0005, 2)


class Descriptors(Case):
    def limited(self, wrapper):
        """A watch of a command that prints its own limit of open files."""
        output = self.fresh("report.json")
        done = subprocess.run([*wrapper, self.iopath, *with_options(["diagnose", "--json", "--output", output]),
                               "--", "sh", "-c", "ulimit -n"], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=60, check=False)
        return done, self.load(output) if os.path.exists(output) and os.path.getsize(output) else None

    def test_more_than_a_shell_allows_but_not_for_the_command(self):
        done, report = self.limited(["prlimit", "--nofile=64:4096"])
        self.assertEqual((done.returncode, done.stdout), (0, "64\n"), done.stderr)
        whole = self.diagnose(cmd=["true"]).report["coverage"]
        self.assertEqual([line for line in report["coverage"] if line["how"] == "dark"],
                         [line for line in whole if line["how"] == "dark"])

    def test_where_no_more_are_allowed_it_says_so(self):
        for limit in (64, 256, 400):
            done, report = self.limited(["prlimit", f"--nofile={limit}:{limit}", "setpriv", "--bounding-set=-sys_resource"])
            with self.subTest(limit=limit):
                # Which layers are the ones without is a matter of time: some are dark, or there is nothing to observe.
                self.assertEqual((done.returncode, done.stdout), (0, f"{limit}\n") if report else (3, ""), done.stderr)
                said = [line["reason"] for line in report["coverage"] if line["how"] == "dark"] if report else [done.stderr]
                self.assertRegex("\n".join(said), "Too many open files.*RLIMIT_NOFILE")


class Leftovers(Case):
    """By the ids of what our own iopath holds: others may use BPF meanwhile."""

    def held_by(self, pid):
        """Programs, maps and links that a process holds, from its descriptors."""
        found = set()
        folder = f"/proc/{pid}/fdinfo"
        for name in os.listdir(folder):
            try:
                with open(os.path.join(folder, name), encoding="ascii") as file:
                    found |= {(kind, int(number)) for kind, number
                              in re.findall(r"^(prog|map|link)_id:\s+(\d+)", file.read(), re.MULTILINE)}
            except FileNotFoundError:
                pass
        return found

    def existing(self):
        found = set()
        for kind in ("prog", "map", "link"):
            text = subprocess.run([tool("bpftool"), "-j", kind, "show"], capture_output=True, text=True,
                                  check=True).stdout
            found |= {(kind, entry["id"]) for entry in json.loads(text or "[]")}
        return found

    def expect_gone(self, held):
        kinds = {kind for kind, _ in held}
        self.assertEqual(kinds, {"prog", "map", "link"}, "iopath holds nothing of its own")
        end = time.monotonic() + 15  # the kernel frees them after grace periods
        while time.monotonic() < end:
            left = held & self.existing()
            if not left:
                break
            time.sleep(0.2)
        self.assertEqual(left, set())
        pins = os.listdir("/sys/fs/bpf") if os.path.isdir("/sys/fs/bpf") else []
        self.assertEqual([name for name in pins if "iopath" in name], [])

    def test_nothing_is_left_after_a_watch(self):
        watch = self.watch().ready()
        held = self.held_by(watch.pid)
        self.assertTrue(held <= self.existing())
        watch.stop()
        self.expect_gone(held)

    def test_nothing_is_left_after_a_command(self):
        marker = self.fresh("marker")
        process = self.spawn([self.iopath, "diagnose", "--output", self.fresh("r"), "--", "sh", "-c",
                              f"echo up > {marker}; sleep 0.5"])
        end = time.monotonic() + 15
        while not os.path.exists(marker) and time.monotonic() < end:
            time.sleep(0.02)
        held = self.held_by(process.pid)
        self.assertEqual(process.wait(20), 0)
        self.expect_gone(held)

    def test_nothing_is_left_after_a_kill(self):
        watch = self.watch().ready()
        held = self.held_by(watch.pid)
        watch.process.send_signal(signal.SIGKILL)
        watch.process.wait(10)
        self.expect_gone(held)

    def test_nothing_is_left_where_probes_are_dark(self):
        watch = self.watch("--no-attach", "block_issue,softirq_entry,irq_exit").ready()
        held = self.held_by(watch.pid)
        watch.stop()
        self.expect_gone(held)

    def test_the_kernels_statistics_of_programs_are_off_again(self):
        with open("/proc/sys/kernel/bpf_stats_enabled", encoding="ascii") as file:
            if file.read().strip() != "0":
                self.skipTest("another switched them on (kernel.bpf_stats_enabled)")
        self.diagnose("--duration", "0.5")
        with open("/proc/sys/kernel/bpf_stats_enabled", encoding="ascii") as file:
            self.assertEqual(file.read().strip(), "0")

    def test_a_command_outlives_a_killed_iopath(self):
        marker = self.fresh("marker")
        process = self.spawn([self.iopath, "diagnose", "--output", self.fresh("r"), "--", "sh", "-c",
                              f"echo up > {marker}; sleep 0.6; echo done > {marker}"],
                             stderr=subprocess.DEVNULL)
        end = time.monotonic() + 10
        while not os.path.exists(marker) and time.monotonic() < end:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        end = time.monotonic() + 5
        text = ""
        while text != "done\n" and time.monotonic() < end:
            time.sleep(0.05)
            with open(marker, encoding="ascii") as file:
                text = file.read()
        self.assertEqual(text, "done\n")
