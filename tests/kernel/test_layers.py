# SPDX-License-Identifier: GPL-2.0-only
"""The layers behind the operations, against the kernel's own accounts. Each account is read before and
after the watch, and again inside it: what iopath counted must lie between the two differences."""
import collections
import os
import re
import subprocess
import time

from harness import Case

# The kernel's names of x86 vectors that iopath follows. The others (NMI, TLB, ...) have no such event.
VECTORS = ("LOC", "RES", "CAL", "IWI")


def least(count):
    """Measured on the build host (ftrace beside a BPF program that only counts): its kernel runs no BPF
    program while a thread of the sandbox's own supervisor is current, so the interrupts and
    softirqs that come then are nobody's. That was 1 to 10 % of the ticks of an idle machine; on a
    kernel without such a rule nothing is missing."""
    return count * 0.85 - 5


def interrupts():
    """Of /proc/interrupts: counts over all CPUs by number, or by name of the vector."""
    counts = collections.Counter()
    with open("/proc/interrupts", encoding="ascii") as file:
        cpus = len(file.readline().split())
        for line in file:
            words = line.split()
            name = words[0].rstrip(":")
            if name.isdigit() or name in VECTORS:
                counts[name] = sum(int(word) for word in words[1:1 + cpus])
    return counts


def softirqs():
    counts = collections.Counter()
    with open("/proc/softirqs", encoding="ascii") as file:
        next(file)
        for line in file:
            name, *numbers = line.split()
            counts[name.rstrip(":")] = sum(map(int, numbers))
    return counts


def context_switches():
    with open("/proc/stat", encoding="ascii") as file:
        return int(re.search(r"^ctxt (\d+)", file.read(), re.MULTILINE).group(1))


def status_switches(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
        text = file.read()
    return (int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", text, re.MULTILINE).group(1)),
            int(re.search(r"^nonvoluntary_ctxt_switches:\s+(\d+)", text, re.MULTILINE).group(1)))


def run_delay(pid):
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
        return int(file.read().split()[1]) / 1e9


class Accounts(Case):
    def watched(self, read_account, *busy):
        """Inner difference, report and outer difference of an account over a system-wide watch."""
        before = read_account()
        watch = self.watch().ready()
        inner_before = read_account()
        for command in busy:
            self.spawn(command, stdout=subprocess.DEVNULL)
        time.sleep(1.0)
        inner_after = read_account()
        report = watch.stop()
        after = read_account()
        return inner_after - inner_before, report, after - before, watch

    def test_interrupts_equal_proc_interrupts(self):
        device = self.loop(fs="ext4")
        inner, report, outer, _ = self.watched(
            interrupts, self.workload("write-fsync", device.path(), 200, 4096),
            self.workload("ping-pong", 20000))
        counted = collections.Counter()
        for row in report["interrupts"]:
            counted[row["irq"]] += row["count"]
        self.assertGreater(inner["LOC"], 0)
        for name in set(outer) | set(counted):
            self.assert_within(counted[name], least(inner[name]), outer[name], f"interrupt {name}:")

    def test_softirqs_equal_proc_softirqs(self):
        inner, report, outer, _ = self.watched(softirqs, self.workload("tcp-sleep", 300, 500))
        counted = collections.Counter()
        for row in report["softirqs"]:
            counted[row["vector"]] += row["count"]
        self.assertGreater(inner["NET_RX"], 200)
        for name in set(outer) | set(counted):
            self.assert_within(counted[name], least(inner[name]), outer[name], f"softirq {name}:")

    def test_softirq_delay_is_counted_for_what_was_raised(self):
        _, report, _, _ = self.watched(softirqs, self.workload("tcp-sleep", 300, 500))
        rows = [row for row in report["softirqs"] if row["vector"] == "NET_RX"]
        entered = sum(row["count"] for row in rows)
        delayed = sum(row["delay"]["count"] for row in rows)
        # A raise before the watch began has no stamp: at most one for each CPU.
        self.assert_within(delayed, entered - os.cpu_count(), entered)

    def test_every_switch_of_a_busy_machine_is_counted(self):
        # With a hog on each CPU the idle task never runs, whose switches are nobody's.
        hogs = [["taskset", "-c", str(cpu), *self.workload("hog", 4)] for cpu in os.sched_getaffinity(0)]
        for hog in hogs:
            self.spawn(hog)
        time.sleep(0.2)
        before = context_switches()
        watch = self.watch().ready()
        inner_before = context_switches()
        own_before = sum(status_switches(watch.pid))
        self.spawn(self.workload("ping-pong", 20000), stdout=subprocess.DEVNULL)
        time.sleep(1.0)
        own = sum(status_switches(watch.pid)) - own_before
        inner = context_switches() - inner_before
        report = watch.stop()
        outer = context_switches() - before
        switches = report["scheduler"]["switches"]
        counted = switches["voluntary"] + switches["involuntary"]
        # iopath leaves its own out, which were read a moment before and after the machine's, and
        # see least(): 0.2 %.
        self.assert_within(counted, (inner - own) * 0.998, outer)


class OneProcess(Case):
    def test_switches_equal_the_processs_own(self):
        process = self.gated("timer-waits", 100, 1000)
        watch = self.watch("-p", process.pid).ready()
        voluntary, involuntary = status_switches(process.pid)
        process.stdin.write(b"g")
        process.stdin.flush()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
        self.assertEqual(status, 0)
        switches = watch.stop()["scheduler"]["switches"]
        # A dying task's last switch comes after its figures were taken.
        self.assertGreater(usage.ru_nvcsw - voluntary, 100)
        self.assert_within(switches["voluntary"] - (usage.ru_nvcsw - voluntary), 0, 1, "voluntary:")
        self.assert_within(switches["involuntary"] - (usage.ru_nivcsw - involuntary), 0, 1, "involuntary:")

    def test_run_queue_equals_schedstat(self):
        if run_delay("self") == 0 and not os.path.exists("/proc/self/schedstat"):
            self.skipTest("this kernel keeps no /proc/PID/schedstat")
        device = self.loop(fs="ext4", mebibytes=64)
        cpu = str(max(os.sched_getaffinity(0)))
        self.spawn(["taskset", "-c", cpu, *self.workload("hog", 6)])
        process = self.gated("cached", device.path(), 1.5, 4 << 20, "write",
                             preexec_fn=lambda: os.sched_setaffinity(0, {int(cpu)}))
        watch = self.watch("-p", process.pid).ready()
        facts = self.open_gate(process)
        report = watch.stop()
        delay = facts["run_delay_seconds"]
        self.assertGreater(delay, 0.3, "the hog did not compete; nothing was tested")
        # Both watch the same switches with clocks of their own, read some 100 ns apart. What the
        # process waits before its first and after its last reading is the report's alone.
        runqueue = report["scheduler"]["runqueue"]
        self.assert_within(runqueue["sum"], delay * 0.98, delay * 1.05 + 0.02)
        # Nearly all its time lies inside operations, so the ledger shows the same wait.
        inside = (report.stage("runqueue", op="write", device=device.name)
                  + report.stage("preempted", op="write", device=device.name))
        self.assert_within(inside, delay * 0.9, delay * 1.02)
