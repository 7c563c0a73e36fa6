# SPDX-License-Identifier: GPL-2.0-only
"""Locks of files that one process holds while others wait: who waited for whom, how often, how long."""
import os
import sys
import textwrap
import time

from harness import Case

HEAD = """
import ctypes, fcntl, os, signal, struct, sys, threading, time
path = sys.argv[1]
def named(comm, body):
    pid = os.fork()
    if pid:
        return pid
    with open("/proc/self/comm", "w") as file:
        file.write(comm)
    body()
    os._exit(0)
def opened():
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
def take():
    fd = opened()
    fcntl.flock(fd, fcntl.LOCK_EX)
    return fd
def said(pipe):
    os.read(pipe[0], 1)
def say(pipe):
    os.write(pipe[1], b"x")
def waiting():
    with open("/proc/locks") as locks:
        return sum("->" in line and line.split()[6].endswith(f":{os.stat(path).st_ino}") for line in locks)
ready = os.pipe()
"""


class FileLocks(Case):
    def script(self, body, path=None):
        return [sys.executable, "-c", HEAD + textwrap.dedent(body), path or self.path]

    def setUp(self):
        super().setUp()
        self.path = self.fresh("locked")
        with open(self.path, "wb") as file:
            file.write(bytes(100))

    def rows(self, report, path=None):
        inode = os.stat(path or self.path).st_ino
        return [row for row in report["file_locks"] if row["inode"] == inode]

    def pairs(self, report):
        """By (waiter, holder)."""
        rows = self.rows(report)
        pairs = {(row["waiter"]["comm"], row["holder"]["comm"]): row for row in rows}
        self.assertEqual(len(pairs), len(rows), rows)
        return pairs

    def finding(self, report):
        found = [one for one in report["findings"] if one["id"] == "file-lock-wait"]
        self.assertEqual(len(found), 1, report.finding_ids())
        return found[0]

    def test_waits_and_time_are_what_was_injected(self):
        for kind, end in (("flock", None), ("posix", 0), ("ofd", 0)):
            with self.subTest(kind=kind):
                run = self.diagnose(cmd=self.workload("flock", self.path, 20, 20000, kind))
                (row,) = self.rows(run.report)
                self.assertEqual((row["type"], row["kind"], row["start"], row["end"]), (kind, "write", 0, end))
                self.assertEqual((row["waiter"]["comm"], row["holder"]["comm"]), ("wl-waiter", "wl-holder"))
                self.assertEqual((row["open"], row["path"]), (0, self.path))
                # On a slow machine the waiter may come too late once to find it held.
                self.assert_within(row["waits"], 18, 20)
                self.assert_within(row["seconds"], 0.8 * row["waits"] * 0.02, run.facts["waited_seconds"])
                # The ledger's own account of the same waits.
                self.assertAlmostEqual(row["seconds"], run.report.stage("lock", op="lock"), delta=0.1 * row["seconds"])
                finding = self.finding(run.report)
                self.assertEqual(finding["layer"], "filesystem")
                for name in ("wl-waiter[", "wl-holder[", self.path):
                    self.assertIn(name, finding["summary"])

    def test_of_two_processes_with_a_lock_it_is_the_first_finding(self):
        report = self.diagnose(cmd=self.script("""
            def held():
                with open("/proc/locks") as locks:
                    return f":{os.stat(path).st_ino} " in locks.read()
            named("holder", lambda: (take(), time.sleep(0.5)))
            while not held(): time.sleep(0.01)
            named("waiter", take)
            for _ in range(2): os.wait()
        """)).report
        first = report["findings"][0]
        self.assertEqual(first["id"], "file-lock-wait", report.finding_ids())
        self.assertRegex(first["summary"], r"^waiter\[\d+\] waits .* that holder\[\d+\] holds$")

    def test_locks_that_nobody_waits_for_are_none(self):
        report = self.diagnose(cmd=self.script("""
            fd = take()
            for _ in range(2000):
                fcntl.flock(fd, fcntl.LOCK_UN)
                fcntl.flock(fd, fcntl.LOCK_EX)
                fcntl.lockf(fd, fcntl.LOCK_EX, 10)
                fcntl.lockf(fd, fcntl.LOCK_UN, 10)
        """)).report
        self.assertEqual(report["file_locks"], [])
        self.assertNotIn("file-lock-wait", report.finding_ids())
        self.assertGreaterEqual(report.total("count", op="lock"), 6000)

    def test_in_a_queue_each_holder_is_charged_with_its_own_time(self):
        run = self.diagnose(cmd=self.script("""
            gate = os.pipe()
            def stamped(name, body):
                '''Notes when the lock was asked for, had and let go of.'''
                def run():
                    asked = time.monotonic(); take(); had = time.monotonic()
                    body()
                    os.write(stamps[1], b'"%s": [%f, %f, %f], ' % (name.encode(), asked, had, time.monotonic()))
                return named(name, run)
            def asleep(pid): # before 5.13 /proc/locks has the first of a queue only
                with open(f"/proc/{pid}/stat") as stat:
                    return stat.read().rsplit(")", 1)[1].split()[0] == "S"
            stamps = os.pipe()
            stamped("first", lambda: (say(ready), os.read(gate[0], 1), time.sleep(0.3)))
            said(ready)
            second = stamped("second", lambda: time.sleep(0.4))
            while not asleep(second): time.sleep(0.01)
            time.sleep(0.2)
            third = stamped("third", lambda: None)
            while not asleep(third): time.sleep(0.01)
            os.write(gate[1], b"x")
            for _ in range(3): os.wait()
            print("{" + os.read(stamps[0], 4096).decode()[:-2] + "}")
        """))
        pairs = self.pairs(run.report)
        self.assertEqual(set(pairs), {("second", "first"), ("third", "first"), ("third", "second")})
        self.assertEqual({row["waits"] for row in pairs.values()}, {1})
        asked, had, let_go = ({name: stamps[i] for name, stamps in run.facts.items()} for i in range(3))
        for waiter, holder in pairs:
            seconds = let_go[holder] - max(asked[waiter], had[holder])
            self.assert_within(pairs[waiter, holder]["seconds"], 0.9 * seconds, 1.1 * seconds, f"{waiter} for {holder}")

    def test_a_child_that_inherited_the_lock_is_its_holder(self):
        report = self.diagnose(cmd=self.script("""
            def ask():
                fd = take()
                named("heir", lambda: (say(ready), time.sleep(0.5)))
            os.waitpid(named("asker", ask), 0)
            said(ready)
            os.waitpid(named("waiter", take), 0)
            time.sleep(0.1)
        """)).report
        (row,) = self.rows(report)
        self.assertEqual((row["waiter"]["comm"], row["holder"]["comm"], row["waits"]), ("waiter", "heir", 1))
        self.assert_within(row["seconds"], 0.35, 0.6)

    def test_a_thread_stands_for_its_process(self):
        run = self.diagnose(cmd=self.script("""
            def hold():
                thread = threading.Thread(target=lambda: (take(), say(ready), time.sleep(0.4)))
                thread.start(); thread.join()
            holder = named("holder", hold)
            said(ready)
            waiter = named("waiter", lambda: threading.Thread(target=take).start() or time.sleep(0.8))
            for _ in range(2): os.wait()
            print('{"holder": %d, "waiter": %d}' % (holder, waiter))
        """))
        (row,) = self.rows(run.report)
        self.assertEqual((row["waiter"]["pid"], row["holder"]["pid"]), (run.facts["waiter"], run.facts["holder"]))

    def test_a_holder_that_is_killed_lets_go(self):
        report = self.diagnose(cmd=self.script("""
            holder = named("holder", lambda: (take(), say(ready), time.sleep(60)))
            said(ready)
            named("waiter", take)
            while not waiting(): time.sleep(0.01)
            time.sleep(0.4)
            os.kill(holder, signal.SIGKILL)
            for _ in range(2): os.wait()
        """)).report
        (row,) = self.rows(report)
        self.assertEqual((row["waiter"]["comm"], row["holder"]["comm"], row["waits"]), ("waiter", "holder", 1))
        self.assert_within(row["seconds"], 0.3, 0.6)

    def test_a_waiter_that_is_killed_has_waited(self):
        run = self.diagnose(cmd=self.script("""
            holder = named("holder", lambda: (take(), say(ready), time.sleep(60)))
            said(ready)
            waiter = named("waiter", take)
            while not waiting(): time.sleep(0.01)
            time.sleep(0.4)
            os.kill(waiter, signal.SIGKILL)
            os.waitpid(waiter, 0)
            os.kill(holder, signal.SIGKILL)
            print('{"holder": %d}' % holder)
        """))
        (row,) = self.rows(run.report)
        self.assertEqual((row["waiter"]["comm"], row["waits"], row["open"]), ("waiter", 1, 0))
        self.assertEqual(row["holder"]["pid"], run.facts["holder"])  # who killed it is no holder
        self.assert_within(row["seconds"], 0.3, 0.6)

    def test_a_wait_that_does_not_end_is_open(self):
        held = self.fresh("held")
        watch = self.watch().ready()
        with open(held, "wb") as out:
            self.spawn(self.script("""
                named("holder", lambda: (take(), say(ready), time.sleep(60)))
                said(ready)
                print("held", flush=True)
                named("waiter", take)
                time.sleep(60)
            """), stdout=out)
        while not os.path.getsize(held):
            time.sleep(0.01)
        time.sleep(0.7)
        report = watch.stop()
        (row,) = self.rows(report)
        self.assertEqual((row["waiter"]["comm"], row["holder"]["comm"]), ("waiter", "holder"))
        self.assertEqual((row["waits"], row["open"]), (1, 1))
        self.assert_within(row["seconds"], 0.4, 1.5)

    def broken_lease(self, answer, shortest, longest):
        """An open for writing, and a holder of a lease that does `answer` when it is told."""
        report = self.diagnose(cmd=self.script(f"""
            def lease():
                fd = os.open(path, os.O_RDONLY)
                signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGIO])
                fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
                say(ready); signal.sigwait([signal.SIGIO])
                {answer}
            named("lessee", lease)
            said(ready)
            os.waitpid(named("opener", opened), 0)
        """)).report
        (row,) = self.rows(report)
        self.assertEqual((row["type"], row["kind"], row["waits"]), ("lease", "write", 1))
        self.assertEqual((row["waiter"]["comm"], row["holder"]["comm"]), ("opener", "lessee"))
        self.assert_within(row["seconds"], shortest, longest)
        self.assertAlmostEqual(row["seconds"], report.stage("lock", op="open"), delta=0.1 * row["seconds"])

    def test_an_open_that_breaks_a_lease_waits_for_it(self):
        self.broken_lease("time.sleep(0.4); fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)", 0.35, 0.6)

    def test_a_lease_that_is_kept_until_its_time_is_up(self):
        """Then a timer ends the wait: it was one for the holder all the same."""
        setting = "/proc/sys/fs/lease-break-time"
        with open(setting, encoding="ascii") as file:
            seconds = file.read()
        try:
            with open(setting, "w", encoding="ascii") as file:
                file.write("1")
        except OSError as error:
            self.skipTest(f"{setting}: {error.strerror}")
        try:
            self.broken_lease("time.sleep(3)", 0.7, 2)
        finally:
            with open(setting, "w", encoding="ascii") as file:
                file.write(seconds)

    def test_names_are_text_whatever_they_hold(self):
        path = os.path.join(self.folder, 'a "\x1b[31m\nb')
        command = self.script("""
            holder = named("h\\x1b[2J", lambda: (take(), say(ready), time.sleep(0.3)))
            said(ready)
            named('w"\\x07', take)
            for _ in range(2): os.wait()
        """, path)
        (row,) = self.rows(self.diagnose(cmd=command).report, path)
        self.assertEqual((row["path"], row["waiter"]["comm"], row["holder"]["comm"]), (path, 'w"\x07', "h\x1b[2J"))
        run = self.run_iopath("diagnose", "--color", "never", "--", *command)
        self.assertIn(b"File locks", run.err)
        self.assertIn(b"file-lock-wait", run.err)
        self.assertNotIn(b"\x1b", run.err)

    def test_the_kernel_names_the_same_file_and_range(self):
        """/proc/locks is a second witness."""
        watch = self.watch().ready()
        held = self.fresh("held")
        with open(held, "wb") as out:
            self.spawn(self.script("""
                def hold():
                    fcntl.lockf(opened(), fcntl.LOCK_EX, 20, 10); say(ready); time.sleep(60)
                named("holder", hold)
                said(ready)
                named("waiter", lambda: fcntl.lockf(opened(), fcntl.LOCK_EX, 5, 12))
                print("held", flush=True)
                time.sleep(60)
            """), stdout=out)
        while not os.path.getsize(held):
            time.sleep(0.01)
        time.sleep(0.3)
        with open("/proc/locks", encoding="ascii") as locks:
            lines = [line.split()[1:] for line in locks if f":{os.stat(self.path).st_ino} " in line]
        (row,) = self.rows(watch.stop())
        waiting = next(line[1:] for line in lines if line[0] == "->")
        holding = next(line for line in lines if line[0] != "->")
        self.assertEqual((str(row["waiter"]["pid"]), str(row["holder"]["pid"])), (waiting[3], holding[3]))
        self.assertEqual([str(row["start"]), str(row["end"])], waiting[5:7])
        self.assertEqual(row["type"], "posix")
