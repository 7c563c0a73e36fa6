# SPDX-License-Identifier: GPL-2.0-only
"""Waits of a known cause and length: the right stage grows by that length, and no other."""
import os
import shutil
import statistics
import time

from harness import Case


class Loopback(Case):
    def test_a_server_that_sleeps_is_a_peer_and_no_network(self):
        run = self.diagnose("--by", "process", cmd=self.workload("tcp-sleep", 200, 2000))
        client = run.report.row(op="recv", target="tcp", comm="wl-client")
        self.assertEqual((client["count"], client["bytes"]), (200, 200 * 64))
        stages = {stage["stage"]: stage["seconds"] for stage in client["stages"]}
        # Each answer takes the 2 ms of the server's sleep at least, and the wake-ups around it; what
        # it takes at most the client has measured itself.
        self.assert_within(stages["peer"], 200 * 0.0019, run.facts["client_recv_seconds"])
        self.assertGreater(stages["peer"], 0.85 * client["seconds"])
        self.assertLess(stages.get("network", 0.0), 0.02 * client["seconds"])
        self.assertLess(run.report.share("other"), 0.02)

    def test_the_server_waits_for_its_client_as_a_peer(self):
        report = self.diagnose("--by", "process", cmd=self.workload("tcp-sleep", 200, 100)).report
        server = report.row(op="recv", target="tcp", comm="wl-server")
        shares = {stage["stage"]: stage["share"] for stage in server["stages"]}
        self.assertLess(shares.get("network", 0.0), 0.02)


class Timers(Case):
    def test_a_wait_that_a_timer_ends_is_timer_and_never_peer(self):
        run = self.diagnose(cmd=self.workload("timer-waits", 40, 5000))
        row = run.report.row(op="recv", target="udp")
        self.assertEqual((row["count"], row["errors"], row["interrupted"]), (40, 40, 0))
        stages = {stage["stage"]: stage["seconds"] for stage in row["stages"]}
        self.assert_within(stages["timer"], 40 * 0.005 * 0.95, run.facts["seconds"])
        self.assertGreater(stages["timer"], 0.9 * row["seconds"])
        self.assertNotIn("peer", stages)
        self.assertNotIn("network", stages)

    def test_a_sleep_that_is_no_operation_is_not_counted(self):
        report = self.diagnose(cmd=["sleep", "0.4"]).report
        self.assertLess(report.total("seconds"), 0.2)


class Signals(Case):
    def test_a_wait_cut_by_a_signal_is_other(self):
        for kind, sender in (("norestart", "timer"), ("restart", "timer"), ("norestart", "kill")):
            with self.subTest(kind=kind, sender=sender):
                run = self.diagnose(cmd=self.workload("interrupted", kind, 50, sender))
                row = run.report.row(op="read", target="pipe")
                shares = {stage["stage"]: stage["share"] for stage in row["stages"]}
                # 50 signals, 2 ms apart; nobody ever wrote but the reader itself. The rest is the
                # run queue's, more of it where the host is loaded.
                self.assertGreater(row["seconds"], 50 * 0.002 * 0.9)
                self.assertGreater(shares.get("other", 0), 0.5, shares)
                self.assertLess(sum(shares.get(stage, 0) for stage in ("peer", "timer", "network")), 0.05,
                                shares)
                self.assertEqual(row["errors"], 0)


class Locks(Case):
    def test_a_file_lock_that_another_holds_is_lock(self):
        device = self.loop(fs="ext4")
        run = self.diagnose("--by", "process", cmd=self.workload("flock", device.path(), 40, 5000, "flock"))
        waiter = run.report.row(op="lock", target="file", device=device.name, comm="wl-waiter")
        self.assertEqual(run.report.total("count", op="lock", device=device.name), run.facts["locks"])
        stages = {stage["stage"]: stage["seconds"] for stage in waiter["stages"]}
        self.assert_within(stages["lock"], 40 * 0.005 * 0.9, run.facts["waited_seconds"])
        self.assertNotIn("peer", stages)
        # A user's own lock is no tax of the system, whatever else there is.
        self.assertLess(run.report["os_tax"], 0.5)


class Unix(Case):
    def test_a_unix_socket_waits_for_its_peer(self):
        report = self.diagnose(cmd=self.workload("unix-ping", 500)).report
        recv = report.row(op="recv", target="unix")
        self.assertEqual((recv["count"], recv["bytes"]), (1000, 1000))
        self.assertEqual(report.row(op="send", target="unix")["count"], 1000)
        shares = {stage["stage"]: stage["share"] for stage in recv["stages"]}
        self.assertGreater(shares["peer"], 0.1)
        self.assertFalse({"network", "net_rx", "device", "timer"} & set(shares), shares)


class InFlight(Case):
    def blocked_reader(self):
        fifo = self.fresh("fifo")
        os.mkfifo(fifo)
        printed = self.fresh("printed")
        with open(printed, "wb") as out:
            process = self.spawn(self.workload("fifo-reader", fifo), stdout=out)
        end = time.monotonic() + 10
        while not os.path.getsize(printed) and time.monotonic() < end:
            time.sleep(0.01)
        time.sleep(0.1)
        return process

    def test_a_reader_blocked_the_whole_window_is_there(self):
        reader = self.blocked_reader()
        for scope in ([], ["-p", reader.pid]):
            with self.subTest(scope=scope):
                report = self.diagnose("--duration", "0.6", *scope).report
                entry = next((one for one in report["in_flight"] if one["pid"] == reader.pid), None)
                self.assertIsNotNone(entry, report["in_flight"])
                self.assertEqual((entry["op"], entry["syscall"], entry["comm"]), ("read", "read", "workload"))
                # It began before; what is known is that it took the window at least.
                self.assertGreaterEqual(entry["seconds"], 0.5)
                self.assertIs(entry["begun_before"], True)

    def test_the_report_for_people_shows_it(self):
        reader = self.blocked_reader()
        text = self.run_iopath("diagnose", "--duration", "0.4", "-p", reader.pid).out.decode()
        self.assertRegex(text, rf"(?is)(still open|in.flight|open at the end).*\b{reader.pid}\b")


class SeveralWakers(Case):
    """One write that is too large for its pipe, and readers of two names that make room for it by turns."""

    def test_whom_an_open_operation_waits_for_is_told_at_its_end(self):
        fifo = self.fresh("fifo")
        os.mkfifo(fifo)
        source = os.open(fifo, os.O_RDWR)  # stays, so that nobody waits for the other end to open
        self.addCleanup(os.close, source)
        # The first write ends, the second is still open when the watch ends.
        script = "import os, time; time.sleep(0.7); os.write(1, bytes(1 << 17)); os.write(1, bytes(1 << 24))"
        with open(fifo, "wb", buffering=0) as out:
            writer = self.spawn(["python3", "-c", script], stdout=out)
        for name in ("one", "other"):
            reader = shutil.copy("/bin/dd", os.path.join(self.folder, name))
            self.spawn(["sh", "-c", f'while sleep 0.01; do "{reader}" bs=4096 count=1 of=/dev/null 2>/dev/null; done <"{fifo}"'])
        report = self.diagnose("--duration", "3", "-p", writer.pid).report  # checks that no via exceeds its stage
        row = report.row(op="write", target="pipe")
        self.assertEqual((row["count"], row["bytes"]), (1, 1 << 17))
        self.assertIn(writer.pid, [entry["pid"] for entry in report["in_flight"]])


class Idle(Case):
    """20 threads idle on empty pipes beside a workload on a file."""

    def watched(self, idle_period):
        """Findings, tax and rows of the file workload, alone or beside the idle one."""
        device = self.loop(fs="ext4")
        busy = self.gated("cached", device.path(), 1.0, 65536, "write")
        pids = [busy.pid]
        gates = [busy]
        if idle_period is not None:
            idle = self.gated("idle-threads", 20, 1.0, idle_period)
            pids.append(idle.pid)
            gates.append(idle)
        watch = self.watch("-p", ",".join(map(str, pids))).ready()
        self.open_gate(*gates)
        return watch.stop()

    def ranking(self, report):
        """The worst row, and the findings; contention for CPUs comes and goes with the host's load."""
        first = report["operations"][0]
        findings = [finding for finding in report.finding_ids() if finding != "cpu-contention"]
        return first["op"], first["target"], findings

    def test_they_change_neither_ranking_nor_tax(self):
        alone = self.watched(None)
        self.assertGreater(alone["os_tax"], 0.8, "cached writes are all system")
        for period in (0, 100):
            with self.subTest(period=period):
                beside = self.watched(period)
                # Alone the tax is nearly 1. Twenty idle seconds beside one busy one would bring it
                # down to a twentieth; the wake-ups of 200 bytes take their own few milliseconds.
                self.assertAlmostEqual(beside["os_tax"], alone["os_tax"], delta=0.05)
                self.assertEqual(self.ranking(beside), self.ranking(alone))
                for finding in beside["findings"]:
                    self.assertNotIn(finding["id"], ("pipe-empty", "remote-wait"))
                if period:
                    self.assert_within(beside["idle_seconds"], 0.8 * 20 * 1.0, 1.5 * 20 * 1.0)

    def test_system_wide_idle_time_is_apart(self):
        idle = self.gated("idle-threads", 20, 1.0, 100)
        watch = self.watch("--by", "process").ready()
        self.open_gate(idle)
        report = watch.stop()
        row = report.row(op="read", target="pipe", pid=idle.pid)
        self.assertGreater(row["idle_seconds"], 0.9 * row["seconds"])
        self.assertGreaterEqual(report["idle_seconds"], row["idle_seconds"] - 1e-6)

    def test_in_a_command_waiting_for_the_other_end_is_the_question(self):
        report = self.diagnose(cmd=self.workload("idle-threads", 5, 0.5, 100)).report
        self.assertLess(report["os_tax"], 0.5)
        self.assertGreater(report.stage("peer", op="read", target="pipe"), 5 * 0.5 * 0.8)


class Balance(Case):
    def test_other_is_below_two_percent_of_mixed_work(self):
        device = self.loop(fs="ext4")
        shares = []
        for command in (self.workload("write-fsync", device.path("a"), 200, 4096),
                        self.workload("direct-reads", device.path("a"), 150, 4096),
                        self.workload("ping-pong", 5000), self.workload("unix-ping", 2000),
                        self.workload("pipe-stream", "slow-reader", 100, 65536, 500),
                        self.workload("calls", device.mount, 5)):
            with self.subTest(command=command[1]):
                for _ in range(3):
                    report = self.diagnose(cmd=command).report
                    # A wake-up that the host hid from us (see assert_nothing_lost) is said, and its
                    # wait is `other`: that share is the host's.
                    if not report.loss("missed_run"):
                        break
                shares.append(report.share("other"))
                self.assertLess(shares[-1], 0.02)
        self.assertLess(statistics.mean(shares), 0.02)
