# SPDX-License-Identifier: GPL-2.0-only
"""Bad luck: what still works goes on, what does not is dark with its reason, nothing crashes, and no count is wrong
in silence. The guest belongs to these tests: they change its settings, and put them back."""
import glob
import os
import shutil
import subprocess
import time

from forced import Forced, lit
from harness import Case
import hostdev

ROUNDS = 300


def put(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(str(text))


def get(path):
    with open(path, encoding="ascii") as file:
        return file.read().strip()


def frees_maps():
    """Is a worker of the kernel busy with maps of BPF that nobody uses any more?"""
    for path in glob.glob("/proc/[0-9]*/stack"):
        try:
            if "bpf_map_free" in get(path):
                return True
        except OSError:
            pass
    return False


class BadLuck(Forced):
    def set(self, path, text):
        before = get(path)
        put(path, text)
        self.addCleanup(put, path, before)

    def assert_ping_pong(self, report, ends=2):
        """Exactly what `workload ping-pong` did, of which each of the two ends is a process, and nothing lost."""
        for op in ("read", "write"):
            self.assertEqual(report.total("count", op=op, target="pipe"), ends * ROUNDS, (op, report.lost()))
            self.assertEqual(report.total("bytes", op=op, target="pipe"), ends * ROUNDS, op)
        self.assert_nothing_lost(report)

    def wrapped(self, wrapper, *options, status=0):
        """iopath diagnose behind another command; (report or None, what it said). Both programs are where everybody
        may run them, the report where everybody may write."""
        os.chmod(self.folder, 0o777)
        iopath, workload = (shutil.copy(path, self.fresh("program")) for path in (self.iopath, self.workload_path))
        output = self.fresh("report.json")
        # Files, not pipes: what the workload prints is no I/O on a pipe.
        with open(self.fresh("printed"), "wb") as printed, open(self.fresh("errors"), "w+b") as errors:
            done = subprocess.run([*wrapper, iopath, "diagnose", "--json", "--output", output, *options,
                                   "--", workload, "ping-pong", str(ROUNDS)],
                                  stdin=subprocess.DEVNULL, stdout=printed, stderr=errors, timeout=200, check=False)
            errors.seek(0)
            said = errors.read().decode(errors="replace")
        self.assertIn(done.returncode, (0, 1, 2, 3) if status is None else (status,), said)
        return (self.load(output) if os.path.exists(output) and os.path.getsize(output) else None), said


class Settings(BadLuck):
    HIDE_TRACEFS = ["unshare", "--mount", "sh", "-c", 'umount -l /sys/kernel/tracing; umount -l /sys/kernel/debug; exec "$@"', "sh"]

    def test_tracefs_is_not_mounted(self):
        report, _ = self.wrapped(self.HIDE_TRACEFS)
        self.assert_ping_pong(report)
        whole = self.diagnose(cmd=["true"]).report
        self.assertEqual({line["probe"] for line in lit(report["coverage"])}, {line["probe"] for line in lit(whole["coverage"])})

    def test_tracefs_is_not_mounted_and_kprobes_are_needed(self):
        self.reference("function")
        report, _ = self.wrapped(self.HIDE_TRACEFS, "--boundary", "function", "--no-attach", "fentry,kprobe_multi")
        self.assert_ping_pong(report)

    def test_perf_event_paranoid_3(self):
        self.set("/proc/sys/kernel/perf_event_paranoid", 3)
        self.assert_ping_pong(self.diagnose(cmd=self.workload("ping-pong", ROUNDS)).report)

    ORDINARY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
                "--inh-caps=-all,+bpf,+perfmon", "--ambient-caps=-all,+bpf,+perfmon", "--bounding-set=-all,+bpf,+perfmon"]

    def ordinary(self, *options):
        self.set("/proc/sys/kernel/perf_event_paranoid", 3)
        report, said = self.wrapped(self.ORDINARY, *options, status=None)
        if report is None:
            # Before 5.11 maps count as locked memory, of which an ordinary user has little.
            self.assertRegex(said, "^iopath: .*locked memory.*RLIMIT_MEMLOCK.*CAP_SYS_RESOURCE")
            self.assertEqual(os.environ["IOPATH_VM"].partition("/")[0], "5.10", said)
            return
        self.assert_ping_pong(report)
        for line in report["coverage"]:
            self.assertTrue(line["how"] != "dark" or line["reason"], line)

    def test_an_ordinary_user_with_two_capabilities(self):
        self.ordinary()

    def test_an_ordinary_user_with_two_capabilities_at_functions(self):
        self.reference("function")
        self.ordinary("--boundary", "function")


class NoBtf(BadLuck):
    """The kernel's own BTF hidden, as if it was built without."""

    def hidden(self):
        return ["unshare", "--mount", "sh", "-c", f'mount --bind {self.empty} /sys/kernel/btf && exec "$@"', "sh"]

    def setUp(self):
        super().setUp()
        self.empty = self.fresh("empty")
        os.mkdir(self.empty)
        self.btf = self.fresh("btf")
        shutil.copyfile("/sys/kernel/btf/vmlinux", self.btf)

    def test_with_a_file_operations_are_exact_and_iterators_dark(self):
        report, _ = self.wrapped(self.hidden(), "--btf", self.btf)
        self.assert_ping_pong(report)
        for line in report["coverage"]:
            self.assertNotIn(line["how"], ("tp_btf", "fentry", "iter"))
            if line["probe"] in ("walk_tasks", "mark_scope"):
                self.assertEqual(line["how"], "dark")
                self.assertIn("BTF", line["reason"])

    def test_with_a_file_kprobes_serve_as_functions(self):
        self.reference("function")
        report, _ = self.wrapped(self.hidden(), "--btf", self.btf, "--boundary", "function")
        self.assert_ping_pong(report)

    def test_without_a_file_it_says_what_is_missing(self):
        report, said = self.wrapped(self.hidden(), status=3)
        self.assertIsNone(report)
        self.assertRegex(said, "BTF|/sys/kernel/btf/vmlinux")

    def test_with_a_file_that_is_none(self):
        for path in ("/bin/true", "/etc/passwd", "/nowhere", self.empty):
            with self.subTest(btf=os.path.basename(path)):
                report, said = self.wrapped(self.hidden(), "--btf", path, status=None)
                self.assertIsNone(report)
                self.assertIn(os.path.basename(path), said)


class Refused(BadLuck):
    """A program that the verifier rejects: --reject hands the kernel a broken one in its place."""

    def with_rejected(self, *names):
        run = self.diagnose("--reject", ",".join(names), cmd=self.workload("ping-pong", ROUNDS), status=None)
        said = run.err.decode(errors="replace")
        if run.status == 2 and "--reject" in said:
            self.skipTest("this iopath has no --reject")
        self.assertEqual(run.status, 0, said)
        self.assert_ping_pong(run.report)
        return {line["probe"]: line for line in run.report["coverage"]}

    def assert_refused(self, line):
        self.assertEqual(line["how"], "dark")
        # The verifier's own words, or libbpf's with the kernel's errno.
        self.assertRegex(line["reason"], r"(?i)R\d|invalid|not allowed|permission|refused|verifier|unknown|argument")

    def test_the_only_alternative(self):
        self.assert_refused(self.with_rejected("softirq_raise__raw_tp")["softirq_raise"])

    def test_one_that_another_stands_in_for(self):
        probe = self.diagnose(cmd=["true"]).report
        used = next(line for line in probe["coverage"] if line["probe"] == "sched_waking")
        if used["how"] != "tp_btf":
            self.skipTest("untyped is the last alternative here")
        self.assertEqual(self.with_rejected(used["programs"][0])["sched_waking"]["how"], "raw_tp")

    def test_one_of_a_layer_leaves_the_others_lit(self):
        coverage = self.with_rejected("softirq_exit__raw_tp", "contention_end__raw_tp")
        self.assert_refused(coverage["softirq_exit"])
        self.assertEqual(coverage["irq_entry"]["how"], "raw_tp")


class Changes(BadLuck):
    """The machine changes while it is traced."""

    def watched(self, count):
        """That many workloads that wait, and a watch of them that is ready."""
        processes = [self.gated("ping-pong", ROUNDS) for _ in range(count)]
        return processes, self.watch("-p", ",".join(str(process.pid) for process in processes)).ready(60)

    def second_cpu(self):
        """The switch of a CPU that can go. Debian's 6.18 stands still for ever where one goes while task storage is freed
        (bpf_map_free_deferred, not to be migrated, waits for RCU tasks trace, which waits for the CPU to have gone):
        what earlier tests left is freed first."""
        online = "/sys/devices/system/cpu/cpu1/online"
        if not os.path.exists(online):
            self.skipTest("the second CPU cannot go")
        self.addCleanup(put, online, 1)
        calm = time.monotonic()
        while time.monotonic() - calm < 2:
            time.sleep(0.1)
            if frees_maps():
                calm = time.monotonic()
        return online

    def test_a_cpu_goes_and_comes_back(self):
        online = self.second_cpu()
        (before, during, after), watch = self.watched(3)
        self.open_gate(before)
        put(online, 0)
        self.open_gate(during)
        put(online, 1)
        self.open_gate(after)
        self.assert_ping_pong(watch.stop(), ends=3)

    def test_a_cpu_goes_under_load(self):
        online = self.second_cpu()
        processes, watch = self.watched(4)
        for process in processes:
            process.stdin.write(b"g")
            process.stdin.flush()
        for state in (0, 1, 0, 1):
            put(online, state)
        for process in processes:
            self.assertEqual(process.wait(60), 0)
        self.assert_ping_pong(watch.stop(), ends=4)

    def test_a_watch_begun_with_a_cpu_off(self):
        online = self.second_cpu()
        put(online, 0)
        (before, after), watch = self.watched(2)
        self.open_gate(before)
        put(online, 1)
        self.open_gate(after)
        self.assert_ping_pong(watch.stop(), ends=2)

    def test_the_machine_stands_still(self):
        """The host stops it for seconds on this line; its clock shows that they went by."""
        clock = "/sys/class/rtc/rtc0/since_epoch"
        if not os.environ.get("IOPATH_VM_STOPS") or not os.path.exists(clock):
            self.skipTest("no host that stops this machine, or no clock that goes on")
        (before, after), watch = self.watched(2)
        self.open_gate(before)
        gone = -(int(get(clock)) - time.monotonic())
        print("@stop", flush=True)
        end = time.monotonic() + 30
        while gone + int(get(clock)) - time.monotonic() < 2 and time.monotonic() < end:
            time.sleep(0.05)
        self.assertGreaterEqual(gone + int(get(clock)) - time.monotonic(), 2, "the machine was not stopped")
        self.open_gate(after)
        self.assert_ping_pong(watch.stop(), ends=2)

    def test_a_file_system_module_goes(self):
        if subprocess.run(["modprobe", "f2fs"], capture_output=True, check=False).returncode:
            self.skipTest("this kernel has no f2fs module")
        backing = self.fresh("f2fs.img")
        with open(backing, "wb") as file:
            file.truncate(128 << 20)
        hostdev.run(hostdev.tool("mkfs.f2fs"), "-q", "-f", backing)
        folder = self.fresh("mnt")
        os.mkdir(folder)
        hostdev.run("mount", "-o", "loop", "-t", "f2fs", backing, folder)
        self.addCleanup(subprocess.run, ["umount", folder], capture_output=True, check=False)
        writer = self.gated("write-fsync", os.path.join(folder, "file"), 10, 3000)
        after = self.gated("ping-pong", ROUNDS)
        # A module stays as long as programs hang on its own events.
        watch = self.watch("-p", f"{writer.pid},{after.pid}", "--no-attach",
                           "f2fs_checkpoint,f2fs_nodes,f2fs_flush").ready(60)
        self.open_gate(writer)
        hostdev.unmount(folder)
        hostdev.run("rmmod", "f2fs")
        self.addCleanup(subprocess.run, ["modprobe", "f2fs"], check=True)  # whose probes other tests ask for
        self.open_gate(after)
        report = watch.stop()
        self.assert_ping_pong(report, ends=1)
        rows = report.rows(op="write", fs="f2fs")
        self.assertEqual([(row["count"], row["bytes"]) for row in rows], [(10, 30000)],
                         [(row["op"], row["fs"], row["count"]) for row in report["operations"]])
        self.assertEqual(report.total("count", op="sync", fs="f2fs"), 10)

    def test_a_device_module_goes(self):
        if subprocess.run(["modprobe", "null_blk", "nr_devices=1", "gb=1"], capture_output=True, check=False).returncode:
            self.skipTest("this kernel has no null_blk module")
        self.addCleanup(subprocess.run, ["rmmod", "null_blk"], capture_output=True, check=False)
        reader = self.gated("direct-reads", "/dev/nullb0", 23, 4096)
        after = self.gated("ping-pong", ROUNDS)
        watch = self.watch("-p", f"{reader.pid},{after.pid}").ready(60)
        self.open_gate(reader)
        hostdev.run("rmmod", "null_blk")
        self.open_gate(after)
        report = watch.stop()
        self.assert_ping_pong(report, ends=1)
        rows = [row for row in report.rows(op="read", target="blockdev")]
        self.assertEqual([(row["count"], row["bytes"]) for row in rows], [(23, 23 * 4096)], rows)


class Lockdown(Case):
    """Of a kernel that was booted locked down; others skip."""

    def setUp(self):
        super().setUp()
        try:
            text = get("/sys/kernel/security/lockdown")
        except OSError:
            self.skipTest("this kernel has no lockdown")
        self.mode = text.partition("[")[2].partition("]")[0]
        if self.mode == "none":
            self.skipTest("this kernel is not locked down")

    def test_what_remains_is_exact_or_it_says_why_not(self):
        run = self.diagnose(cmd=self.workload("ping-pong", ROUNDS), status=None)
        said = run.err.decode(errors="replace")
        self.assertIn(run.status, (0, 3), said)
        if self.mode == "integrity":
            self.assertEqual(run.status, 0, said)
        if run.status == 3:
            self.assertRegex(said, "(?i)lockdown|locked down")
            return
        for op in ("read", "write"):
            self.assertEqual(run.report.total("count", op=op, target="pipe"), 2 * ROUNDS)
        self.assert_nothing_lost(run.report)

    def test_doctor_names_it(self):
        done = self.run_iopath("doctor")
        self.assertIn(done.status, (0, 3), done.err)
        self.assertIn(self.mode, done.out.decode())
        if self.mode == "integrity":
            self.assertEqual(done.status, 0, done.err)

    def test_functions_are_watched_or_it_says_why_not(self):
        run = self.diagnose("--boundary", "function", cmd=self.workload("ping-pong", ROUNDS), status=None)
        said = run.err.decode(errors="replace")
        self.assertIn(run.status, (0, 3), said)
        if run.status == 0:
            for op in ("read", "write"):
                self.assertEqual(run.report.total("count", op=op, target="pipe"), 2 * ROUNDS)
        else:
            self.assertTrue(said.strip())
