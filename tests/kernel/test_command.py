# SPDX-License-Identifier: GPL-2.0-only
"""CMD under iopath is as it is without: its streams, its status, its surroundings; and signals end a
watch as the contract says."""
import json
import os
import signal
import subprocess
import time

from harness import Case

REPORT_WORDS = b"OS tax"


class Status(Case):
    def status_of(self, *cmd):
        return self.run_iopath("diagnose", "--output", self.fresh("report"), "--", *cmd)

    def test_status_is_the_commands(self):
        for status in (0, 1, 3, 7, 126, 127, 255):
            with self.subTest(status=status):
                self.assertEqual(self.status_of("sh", "-c", f"exit {status}").status, status)

    def test_128_and_the_signal_where_it_was_killed(self):
        for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, signal.SIGPIPE):
            with self.subTest(signal=number.name):
                done = self.status_of("sh", "-c", f"kill -{int(number)} $$")
                self.assertEqual(done.status, 128 + number)

    def test_126_where_it_is_not_executable(self):
        plain = self.fresh("plain")
        with open(plain, "w", encoding="ascii") as file:
            file.write("no program")
        for path in (plain, self.folder):
            with self.subTest(path=path):
                done = self.status_of(path)
                self.assertEqual(done.status, 126, done.err)
                self.assertIn(path.encode(), done.err)

    def test_127_where_it_is_not_found(self):
        for name in ("/no/such/program", "no-such-program-of-iopath"):
            with self.subTest(name=name):
                done = self.status_of(name)
                self.assertEqual(done.status, 127, done.err)
                self.assertIn(name.encode(), done.err)

    def test_the_report_knows_how_the_command_ended(self):
        report = self.diagnose(cmd=["sh", "-c", "exit 9"], status=9).report
        self.assertEqual(report["command_end"], {"status": 9, "descendants_left": 0})


class Streams(Case):
    def test_standard_streams_are_the_commands_own(self):
        script = ("cat; printf err >&2; exec 3>&1; readlink /proc/self/fd/0 >> $0; "
                  "readlink /proc/self/fd/3 >> $0")
        data = bytes(range(256)) * 300
        seen = {}
        for name, prefix in (("with", [self.iopath, "diagnose", "--output", self.fresh("r"), "--"]),
                             ("without", [])):
            places = self.fresh(name)
            source = self.fresh("input")
            with open(source, "wb") as file:
                file.write(data)
            with open(source, "rb") as file:
                done = subprocess.run([*prefix, "sh", "-c", script, places], stdin=file,
                                      capture_output=True, timeout=30, check=False)
            with open(places, encoding="utf-8") as file:
                seen[name] = file.read().splitlines()
            self.assertEqual((done.returncode, done.stderr), (0, b"err"))
            self.assertTrue(done.stdout == data, "standard output was changed")
            self.assertEqual(seen[name][0], source)
        self.assertTrue(seen["with"][1].startswith("pipe:"), seen)

    def test_the_report_goes_to_standard_error_with_a_command_and_to_output_without(self):
        done = self.run_iopath("diagnose", "--", "printf", "hello")
        self.assertEqual((done.status, done.out), (0, b"hello"))
        self.assertIn(REPORT_WORDS, done.err)
        # A host on which no operation ends in this time gets a report without a table of operations.
        self.spawn(["sh", "-c", "while read -r line < /proc/uptime; do sleep 0.02; done"])
        done = self.run_iopath("diagnose", "--duration", "0.2")
        self.assertEqual((done.status, done.err), (0, b""))
        self.assertIn(REPORT_WORDS, done.out)

    def test_json_on_standard_error_is_one_document(self):
        done = self.run_iopath("diagnose", "--json", "--", "printf", "hello")
        self.assertEqual(done.out, b"hello")
        self.check(json.loads(done.err))

    def test_nothing_of_iopath_is_inherited(self):
        look = ("ls /proc/self/fd; grep -E '^(Sig|Shd|Cap|NoNewPrivs|Seccomp)' /proc/self/status; "
                "ulimit -a; env | grep -v '^_=' | sort; nice; pwd; umask")
        plain = subprocess.run(["sh", "-c", look], stdin=subprocess.DEVNULL, capture_output=True, check=True)
        done = self.run_iopath("diagnose", "--output", self.fresh("r"), "--", "sh", "-c", look)
        self.assertEqual(done.out.decode().splitlines(), plain.stdout.decode().splitlines())


class Signals(Case):
    def test_int_and_term_end_a_watch_early_with_its_report(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=number.name):
                watch = self.watch("--duration", "60").ready()
                time.sleep(0.3)
                start = time.monotonic()
                report = watch.stop(number)
                # "Printed within 100 ms of the end" has a test of its own; this is for a loaded host.
                self.assertLess(time.monotonic() - start, 2.0)
                self.assert_within(report["interval"]["seconds"], 0.25, 10)

    def test_term_is_forwarded_and_the_command_waited_for(self):
        marker = self.fresh("marker")
        script = f"trap 'sleep 0.4; echo got > {marker}; exit 9' TERM; echo up > {marker}; " \
                 "while :; do sleep 0.05; done"
        output = self.fresh("report.json")
        process = self.spawn([self.iopath, "diagnose", "--json", "--output", output, "--", "sh", "-c", script])
        self.wait_for(marker, "up")
        process.terminate()
        self.assertEqual(process.wait(10), 9)
        with open(marker, encoding="ascii") as file:
            self.assertEqual(file.read(), "got\n")
        self.assertEqual(self.load(output)["command_end"]["status"], 9)

    def test_a_command_that_term_kills_gives_143_and_a_report(self):
        marker = self.fresh("marker")
        output = self.fresh("report.json")
        process = self.spawn([self.iopath, "diagnose", "--json", "--output", output, "--", "sh", "-c",
                              f"echo up > {marker}; exec sleep 30"])
        self.wait_for(marker, "up")
        process.terminate()
        self.assertEqual(process.wait(10), 143)
        self.load(output)

    def test_control_c_on_the_terminal_ends_both_and_gives_the_report(self):
        marker = self.fresh("marker")
        output = self.fresh("report.json")
        process = self.spawn([self.iopath, "diagnose", "--json", "--output", output, "--", "sh", "-c",
                              f"echo up > {marker}; exec sleep 30"])
        self.wait_for(marker, "up")
        os.killpg(process.pid, signal.SIGINT)
        self.assertEqual(process.wait(10), 130)
        self.load(output)

    def test_stopped_and_continued_processes_stay_balanced(self):
        run = self.diagnose(cmd=self.workload("stopped"))
        row = run.report.row(op="read", target="pipe")
        # A stop cuts the read, which starts anew when continued; the half second of the stop lies
        # outside of both. 0.1 s for a loaded host.
        self.assertEqual((row["count"], row["interrupted"], row["errors"]), (2, 1, 0))
        self.assert_within(row["seconds"], 0.35, run.facts["blocked_seconds"] + 0.1)

    def wait_for(self, path, text):
        end = time.monotonic() + 10
        while time.monotonic() < end:
            if os.path.exists(path):
                with open(path, encoding="ascii") as file:
                    if text in file.read():
                        return
            time.sleep(0.02)
        self.fail(f"the command did not start: {path} does not say {text}")
