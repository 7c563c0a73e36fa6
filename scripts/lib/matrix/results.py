# SPDX-License-Identifier: GPL-2.0-only
"""One line a check, in the form of tests/support/run_kernel_tests.py, and their sum."""
import re
import threading

LINE = re.compile(r"(PASS|FAIL|SKIP) (\S+)(.*)")
PART = "@part "


class Results:
    """Of all kernels; guests report at the same time."""

    def __init__(self):
        self.counts = {"PASS": 0, "FAIL": 0, "SKIP": 0}
        self.lock = threading.Lock()

    def add(self, word, name, reason="", seconds=0.0):
        with self.lock:
            self.counts[word] += 1
            inline = reason and word != "FAIL"
            print(f"{word} {name} ({seconds:.1f} s){'  ' + reason if inline else ''}")
            if reason and not inline:
                print("\n".join(f"    {line}" for line in reason.splitlines()))
            print(end="", flush=True)

    def show(self, text):
        """Lines that belong to the check before them."""
        with self.lock:
            print(text, flush=True)

    def pass_on(self, word, name, rest):
        with self.lock:
            self.counts[word] += 1
            print(f"{word} {name}{rest}", flush=True)

    def sum(self):
        return f"{self.counts['PASS']} passed, {self.counts['FAIL']} failed, {self.counts['SKIP']} skipped"


class Relay:
    """Reads what the tests in one guest print, and passes it on under the kernel's name."""

    def __init__(self, results, series):
        self.results = results
        self.series = series
        self.part = ""
        self.pending = b""
        self.held = []
        self.seen = 0

    def take(self, data, on_line=None):
        *lines, self.pending = (self.pending + data).split(b"\n")
        for line in lines:
            text = line.decode(errors="replace")
            if not on_line or not on_line(text):
                self.line(text)

    def line(self, text):
        found = LINE.fullmatch(text)
        if text.startswith(PART):
            self.part = text[len(PART):].strip()
        elif found:
            self.flush()
            self.seen += 1
            word, name, rest = found.groups()
            self.held = [(word, self.name(name), rest)]
            if word != "FAIL":  # a failure's reason is in the lines that follow
                self.flush()
        elif self.held and text.startswith(" "):
            self.held.append(text)
        else:
            self.flush()

    def name(self, name):
        """FOLDER/MODULE.TEST as vm/SERIES.MODULE.TEST, with the part where there is one."""
        part = f"{self.part}." if self.part else ""
        return f"vm/{self.series}.{part}{name.partition('/')[2] or name}"

    def flush(self):
        if self.held:
            self.results.pass_on(*self.held[0])
            if len(self.held) > 1:
                self.results.show("\n".join(self.held[1:]))
            self.held = []
