# SPDX-License-Identifier: GPL-2.0-only
"""The report that people read: 80 columns, colour only where it is wanted, nothing of what hostile names
hold ever reaches the terminal."""
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
import unicodedata

from harness import Case

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def width(line):
    """Columns that a terminal gives the line."""
    return sum(0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1
               for one in line)


class Terminal(Case):
    def on_terminal(self, *arguments, columns=80, environment=None):
        """Runs iopath on a terminal of its own and returns what it wrote there."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        env = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        env.update({"TERM": "xterm-256color", "LANG": "C.UTF-8"}, **(environment or {}))
        process = self.spawn([self.iopath, *map(str, arguments)], stdin=slave, stdout=slave, stderr=slave,
                             env=env)
        os.close(slave)
        text = b""
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if not select.select([master], [], [], 0.2)[0]:
                if process.poll() is not None:
                    break
                continue
            try:
                part = os.read(master, 65536)
            except OSError:  # EIO: the other side is closed
                break
            if not part:
                break
            text += part
        os.close(master)
        self.assertEqual(process.wait(10), 0, text)
        return text.decode()

    def workload_with_much_to_say(self):
        device = self.loop(fs="ext4")
        # Its own words are not the report's.
        return ["sh", "-c", '"$@" > /dev/null', "sh", *self.workload("calls", device.mount, 3)]

    def check_lines(self, text):
        lines = ESCAPE.sub("", text).replace("\r", "").split("\n")
        self.assertGreater(len(lines), 10)
        for line in lines:
            self.assertLessEqual(width(line), 80, line)
            self.assertEqual(line, line.rstrip() if line.strip() else line)
            self.assertFalse([one for one in line if unicodedata.category(one) == "Cc"], repr(line))

    def test_eighty_columns_on_a_terminal(self):
        self.check_lines(self.on_terminal("diagnose", "--", *self.workload_with_much_to_say()))
        self.check_lines(self.on_terminal("doctor"))

    def test_eighty_columns_on_a_wide_terminal(self):
        text = self.on_terminal("diagnose", "--", *self.workload_with_much_to_say(), columns=250)
        self.check_lines(text)

    def test_eighty_columns_in_a_pipe_and_plain(self):
        done = self.run_iopath("diagnose", "--", *self.workload_with_much_to_say())
        self.check_lines(done.err.decode())
        self.assertNotIn(b"\x1b", done.err)
        done = self.run_iopath("doctor")
        self.check_lines(done.out.decode())
        self.assertNotIn(b"\x1b", done.out)

    def test_colour_is_for_terminals_unless_asked(self):
        command = ["dd", "if=/dev/zero", f"of={self.fresh('data')}", "bs=4k", "count=100", "status=none"]
        self.assertRegex(self.on_terminal("diagnose", "--", *command), ESCAPE)
        self.assertNotRegex(self.on_terminal("diagnose", "--", *command, environment={"NO_COLOR": "1"}), "\x1b")
        self.assertNotRegex(self.on_terminal("diagnose", "--color=never", "--", *command), "\x1b")
        self.assertNotRegex(self.on_terminal("diagnose", "--", *command, environment={"TERM": "dumb"}), "\x1b")
        done = self.run_iopath("diagnose", "--color=always", "--", *command)
        self.assertRegex(done.err.decode(), ESCAPE)
        # Whoever asks for it gets it.
        text = self.on_terminal("diagnose", "--color=always", "--", *command, environment={"NO_COLOR": "1"})
        self.assertRegex(text, ESCAPE)

    def test_colour_is_not_all_that_tells(self):
        """The words are the same with and without."""
        done = self.run_iopath("diagnose", "--color=always", "--", "true")
        self.assertIn("OS tax", ESCAPE.sub("", done.err.decode()))

    def test_without_unicode_it_is_ascii(self):
        env = {**os.environ, "LC_ALL": "C", "LANG": "C"}
        done = self.run_iopath("diagnose", "--", *self.workload_with_much_to_say(), env=env)
        self.assertEqual(done.status, 0, done.err)
        self.assertTrue(done.err.isascii(), [line for line in done.err.splitlines() if not line.isascii()])

    def test_the_report_has_its_parts(self):
        device = self.loop(fs="ext4")
        done = self.run_iopath("diagnose", "--", *self.workload("write-fsync", device.path(), 100, 4096))
        text = done.err.decode()
        for part in ("(?i)where the time went", "OS tax", r"\bp50\b", r"\bp99\b", r"\bmax\b", "sync", "write",
                     device.name, "(?i)coverage|probes", "(?i)loss|lost"):
            self.assertRegex(text, part)


class HostileNames(Case):
    NAMES = {"escape": b"\x1b]0;owned\x07", "colour": b"\x1b[31mred", "newline": b"a\nb\rc",
             "quotes": b"\"'\\{}", "invalid": b"\xff\xfe\x80abc", "controls": b"\x01\x02\x7f\x9b31m",
             "wide": "中文字名".encode(), "override": "a\u202eb".encode()}
    CONTROLS = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")

    def named(self, name, device):
        return self.workload("named", name.hex(), device.path(), 20)

    def test_no_name_of_a_process_reaches_the_terminal_raw(self):
        device = self.loop(fs="ext4")
        for what, name in self.NAMES.items():
            with self.subTest(name=what):
                done = self.run_iopath("diagnose", "--by", "process", "--", *self.named(name, device))
                self.assertEqual(done.status, 0)
                self.no_controls(done.err)

    def no_controls(self, data, columns=80):
        text = data.decode("utf-8")  # whatever the name held, this is text
        self.assertFalse(self.CONTROLS.search(data), data)
        bad = [one for one in text if one != "\n" and unicodedata.category(one) in ("Cc", "Cf", "Co", "Cs")]
        self.assertEqual(bad, [])
        for line in text.split("\n"):
            self.assertLessEqual(width(line), columns, line)

    def test_json_stays_json(self):
        device = self.loop(fs="ext4")
        for what, name in self.NAMES.items():
            with self.subTest(name=what):
                done = self.run_iopath("diagnose", "--json", "--by", "process", "--",
                                       *self.named(name, device))
                report = json.loads(done.err.decode("utf-8"), strict=True)
                self.check(report)
                self.assertFalse(re.search(rb"[\x00-\x09\x0b-\x1f]", done.err), done.err)
                row = next(row for row in report["operations"]
                           if row["op"] == "write" and row["device"] == device.name)
                self.assertEqual(row["count"], 20)
                if name.isascii() or what in ("wide", "override"):
                    self.assertEqual(row["comm"], name.decode())

    def test_words_of_the_command_do_not_reach_the_terminal_raw(self):
        for what, name in self.NAMES.items():
            with self.subTest(name=what):
                done = self.run_iopath("diagnose", "--", "true", name.decode(errors="surrogateescape"))
                self.assertEqual(done.status, 0)
                self.no_controls(done.err)
                done = self.run_iopath("diagnose", "--", name.decode(errors="surrogateescape"))
                self.assertEqual(done.status, 127)
                self.no_controls(done.err, columns=1000)  # a message, not a report

    def test_names_of_cgroups_do_not_reach_the_terminal_raw(self):
        device = self.loop(fs="ext4")
        group = self.cgroup(suffix="-\x1b[31m\"evil")
        process = self.gated("write-fsync", device.path(), 20, 512, preexec_fn=group.join)
        output = self.fresh("report.txt")
        ready, told = os.pipe()
        self.addCleanup(os.close, ready)
        watch = self.spawn([self.iopath, "diagnose", "-c", group.path, "--by", "cgroup", "--duration", "60",
                            "--output", output, "--ready-fd", str(told)], stderr=subprocess.PIPE,
                           pass_fds=(told,))
        os.close(told)
        self.assertTrue(os.read(ready, 100), "iopath did not get ready")
        self.open_gate(process)
        watch.send_signal(signal.SIGINT)
        _, err = watch.communicate(timeout=20)
        self.assertEqual(watch.returncode, 0, err)
        with open(output, "rb") as file:
            text = file.read()
        self.assertIn(b"evil", text)
        self.no_controls(text)
