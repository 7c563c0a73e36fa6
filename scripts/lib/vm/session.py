# SPDX-License-Identifier: GPL-2.0-only
"""Runs QEMU: passes the guest's output on, keeps its console, and finds out how it ended."""
import ctypes
import os
import re
import selectors
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field

from .errors import Failed, TimedOut
from .machine import PORTS

CONSOLE_KEPT = 64 << 10
CONSOLE_SHOWN = 25  # lines
CAUSE = re.compile(r"iopath-vm: |^/init: |^/iopath/start: |Kernel panic|BUG: |Oops: ")
PR_SET_PDEATHSIG = 1


@dataclass
class Ended:
    """How a guest ended, and when what happened, in seconds since QEMU's start."""

    status: int = -1
    up: float = 0.0
    uptime: float = 0.0  # the guest's own clock when the command began
    done: float = 0.0
    console: bytearray = field(default_factory=bytearray)


def die_with_parent():
    """In the child: no guest outlives this program, however that ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Session:
    """One guest. `write` takes (port, bytes) for the ports out, err and files, and console."""

    def __init__(self, make_command, write, timeout, silence=0):
        self.write = write
        self.timeout = timeout
        self.silence = silence
        self.heard = time.monotonic()
        self.ended = Ended()
        self.control = b""
        self.selector = selectors.DefaultSelector()
        theirs = {}
        for name in (*PORTS, "console"):
            ours, theirs[name] = socket.socketpair()
            ours.setblocking(False)
            self.selector.register(ours, selectors.EVENT_READ, name)
        self.command = make_command({name: end.fileno() for name, end in theirs.items()})
        self.theirs = theirs

    def run(self):
        """Ended; raises where the guest did not come to report a status."""
        began = time.monotonic()
        qemu = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                pass_fds=[end.fileno() for end in self.theirs.values()], preexec_fn=die_with_parent)
        for end in self.theirs.values():
            end.close()
        try:
            self._serve(began)
        finally:
            qemu.kill()
            complaint = qemu.stderr.read().decode(errors="replace").strip()
            qemu.wait()
            for key in list(self.selector.get_map().values()):
                key.fileobj.close()
            self.selector.close()
        if self.ended.status < 0:
            if late := self._late(began):
                raise TimedOut(f"{late}{self._last_lines()}")
            what = "the guest ended before the command did" if self.ended.up else "the guest did not come up"
            raise Failed(f"{what}{': ' + complaint if complaint else ''}{self._last_lines()}")
        return self.ended

    def _deadline(self, began):
        """(when, what it means)"""
        return min((began + self.timeout, f"timed out after {self.timeout:g} s"),
                   (self.heard + (self.silence or self.timeout), f"nothing came from it for {self.silence:g} s"))

    def _late(self, began):
        when, meaning = self._deadline(began)
        return meaning if time.monotonic() >= when else ""

    def _serve(self, began):
        """Until there is a status, or all sockets are closed (QEMU is gone), or it is too late."""
        while self.selector.get_map() and not self._late(began):
            self._take(self.selector.select(max(0.0, self._deadline(began)[0] - time.monotonic())))
            if self._understand(began):
                # Written before the status was, so it is there.
                self._take(self.selector.select(0))
                return

    def _take(self, events):
        for key, _ in events:
            while True:
                try:
                    data = key.fileobj.recv(1 << 16)
                except BlockingIOError:
                    break
                except ConnectionError:
                    data = b""
                if not data:
                    self.selector.unregister(key.fileobj)
                    key.fileobj.close()
                    break
                self._hand_on(key.data, data)

    def _hand_on(self, name, data):
        if name != "console":  # where the kernel may complain as long as it likes
            self.heard = time.monotonic()
        if name == "control":
            self.control += data
            return
        if name == "console":
            self.ended.console += data
            del self.ended.console[:-CONSOLE_KEPT]
        self.write(name, data)

    def _understand(self, began):
        """Reads complete lines of the guest's reports; True when the last one came."""
        *lines, self.control = self.control.split(b"\n")
        for line in lines:
            word, _, value = line.partition(b" ")
            if word == b"up":
                self.ended.up = time.monotonic() - began
                self.ended.uptime = float(value)
            elif word == b"status":
                self.ended.status = int(value)
                self.ended.done = time.monotonic() - began
        return self.ended.status >= 0

    def _last_lines(self):
        lines = self.ended.console.decode(errors="replace").replace("\r", "").strip().splitlines()
        # A trace below may be longer than what is shown.
        causes = [line for line in lines[:-CONSOLE_SHOWN] if CAUSE.search(line)]
        return "".join(f"\n    {line}" for line in causes[-3:] + lines[-CONSOLE_SHOWN:])
