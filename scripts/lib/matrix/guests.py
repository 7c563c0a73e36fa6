# SPDX-License-Identifier: GPL-2.0-only
"""Runs the tests of tests/vm/guest on one kernel."""
import json
import os
import socket
import subprocess
import tempfile
import threading
import time

from vm import errors, kernels
from vm.architectures import NATIVE
from vm.request import ROOT

from .results import Relay

VM = os.path.join(ROOT, "scripts", "vm")
RUN = "/iopath/tests/vm/guest/run"
RECORD = "/root/record.json"
STOP_SECONDS = 3
LIMITS = {"short": 2400, "long": 3600, "lockdown": 120, "nvme": 300, "facts": 300}
SILENCE = 700  # more than any test may take
MEMORY = 2048  # images of file systems lie in memory
LOCKDOWNS = ("integrity", "confidentiality")


def choose(names, everything):
    """(kernels to run, [(name, why not)]): of the names given; else of each series that users have, or of every one."""
    if names:
        wanted = [[name] for name in names]
    elif everything:
        wanted = [[kernel.series] for kernel in kernels.every(NATIVE)]
    else:
        wanted = [["5.10"], ["6.1"], ["6.12"], ["6.19", "6.18"], [kernels.NEWEST]]
    chosen, skipped = {}, []
    for candidates in wanted:
        for name in candidates:
            try:
                found = kernels.find(name)
            except errors.Skipped as reason:
                skipped.append((name, str(reason).rpartition(": ")[2]))
                continue
            chosen[found.series] = found
            break
    return list(chosen.values()), skipped


def stop_and_continue(path):
    """Holds the machine for some seconds, by its monitor."""
    with socket.socket(socket.AF_UNIX) as monitor:
        monitor.connect(path)
        with monitor.makefile("rw") as stream:
            stream.readline()
            for command in ("qmp_capabilities", "stop", "cont"):
                stream.write(json.dumps({"execute": command}) + "\n")
                stream.flush()
                while '"return"' not in stream.readline():  # events come in between
                    pass
                if command == "stop":
                    time.sleep(STOP_SECONDS)


class Guest:
    """The tests of one kernel. `length`: short, long, facts (only what is recorded), or lockdown, which boots once for
    each kind of it."""

    running = set()  # of all guests, to be ended with this program

    def __init__(self, kernel, length, results, iopath="", workload=""):
        self.kernel = kernel
        self.length = length
        self.results = results
        self.programs = [word for option, path in (("--iopath", iopath), ("--workload", workload)) if path
                         for word in (option, path)]

    def run(self):
        """What the guest recorded; empty where it could not."""
        if self.length == "lockdown":
            for mode in LOCKDOWNS:
                self.boot("lockdown", ["--append", f"lockdown={mode}"], "")
            return {}
        if self.length != "facts":
            self.boot("nvme", ["--disk", "nvme:256M:2"], "")
        with tempfile.TemporaryDirectory(prefix="iopath-matrix-") as folder:
            monitor, record = os.path.join(folder, "qmp"), os.path.join(folder, "record")
            self.boot(self.length, ["--monitor", monitor, "--fetch", f"{RECORD}:{record}"], monitor)
            if not os.path.exists(record):
                return {}
            with open(record, encoding="utf-8") as file:
                return json.load(file)

    def boot(self, length, options, monitor):
        relay = Relay(self.results, self.kernel.series)

        def on_line(text):
            if text == "@stop":
                threading.Thread(target=stop_and_continue, args=(monitor,)).start()
            return text == "@stop"

        began = time.monotonic()
        # A process of its own, which cleans up by itself when it is told to end.
        command = [VM, self.kernel.name, "--tests", "--memory", str(MEMORY), "--timeout", str(LIMITS[length]),
                   "--silence", str(SILENCE), *self.programs,
                   *options, "--", "env", f"IOPATH_VM_STOPS={'1' if monitor else ''}", RUN, length]
        with tempfile.TemporaryFile() as errors, \
                subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors) as process:
            self.running.add(process)
            while data := os.read(process.stdout.fileno(), 1 << 16):
                relay.take(data, on_line)
            process.wait()
            self.running.discard(process)
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip()
        relay.flush()
        # 0 and 1 are the tests' own; each failure has a line already.
        if process.returncode not in (0, 1) or not relay.seen:
            self.results.add("FAIL", f"vm/{self.kernel.series}.guest",
                             f"status {process.returncode} after {relay.seen} checks\n{said}", time.monotonic() - began)

    @classmethod
    def end_all(cls):
        for process in list(cls.running):
            process.terminate()
