# SPDX-License-Identifier: GPL-2.0-only
"""The command line of scripts/vm."""
import argparse
import os
import queue
import signal
import sys
import threading

from . import cache, kernels, lab
from .architectures import ARCHITECTURES
from .errors import Refused, VmError
from .request import Request, parse_disk, parse_fetch, parse_file, parse_link, parse_share

USAGE = """scripts/vm KERNEL [OPTIONS] -- CMD [ARGS]
       scripts/vm --list
       scripts/vm --fetch-only [--package NAME]... KERNEL..."""
EPILOG = """KERNEL is a series: 5.10, 6.1, 6.12, any of the backports, or newest; 6.12/arm64 is that of another architecture.
The guest has iopath and workload in /iopath/bin (in PATH), tests in /iopath/tests, disks in /dev/iopath/disk0 and
so on and by their names in $IOPATH_VM_DISKS; the command starts in /root, without input.

Two guests side by side, of one network and with one disk in common, as the nodes of a cluster are:
  truncate -s 1G disk; mkdir cable
  scripts/vm 6.1 --link cable:1 --share disk -- CMD & scripts/vm 6.1 --link cable:2 --share disk -- CMD

Exit status: the command's; 2 bad request, 77 the mirror has no such kernel, 124 timed out, 125 the guest or the
laboratory failed."""


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise Refused(f"{message} (scripts/vm --help)")


def parser():
    result = Parser(prog="vm", usage=USAGE, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False,
                    description="Boots a Debian kernel in an emulated machine, runs a command in it, and returns its output and status.")
    add = result.add_argument
    add("kernels", nargs="*", metavar="KERNEL", help=argparse.SUPPRESS)
    add("--list", action="store_true", help="the kernels that there are, a line each")
    add("--fetch-only", action="store_true", help="fetch and unpack these kernels, boot none")
    add("--disk", action="append", default=[], metavar="KIND[:SIZE][:QUEUES]", help="an empty disk: virtio, nvme or scsi; 1G, 1 queue")
    add("--share", action="append", default=[], metavar="FILE",
        help="a virtio disk with the contents of FILE, which other guests may have at the same time; after those of --disk")
    add("--link", default="", metavar="FOLDER:1|2",
        help="one end of a network cable to another guest, by sockets in FOLDER: eth0 with the address 10.35.0.1 or 10.35.0.2")
    add("--module", action="append", default=[], metavar="NAME", help="a kernel module to load before the command")
    add("--cpus", type=int, default=0, metavar="N", help="processors (default: 2, or as many as a disk has queues)")
    add("--memory", type=int, default=1024, metavar="MIB", help="memory (default: %(default)s)")
    add("--append", default="", metavar="ARGS", help="more arguments for the kernel")
    add("--silence", type=float, default=0, metavar="S", help="end the guest, too, when nothing came from it for so many seconds")
    add("--timeout", type=float, default=120, metavar="S", help="seconds until the guest is ended, booting included (default: %(default)s)")
    add("--file", action="append", default=[], metavar="HOST[:GUEST]", help="a file or folder for the guest (default: in /root)")
    add("--fetch", action="append", default=[], metavar="GUEST:HOST", help="a file or folder to bring back afterwards")
    add("--iopath", default="", metavar="BINARY", help="the iopath to take (default: build/dev/iopath)")
    add("--no-iopath", action="store_true", help="do without")
    add("--workload", default="", metavar="BINARY", help="the tests' workload (default with --tests: build/dev/tests/workload)")
    add("--tests", action="store_true", help="the folder tests/ too")
    add("--package", action="append", default=[], metavar="NAME", help="one more Debian package in the root file system")
    add("--headers", action="store_true", help="the kernel's headers, for tools that compile (bcc)")
    add("--monitor", default="", metavar="SOCKET", help="a QMP socket of the machine, where disks are disk0 and so on")
    add("--verbose", action="store_true", help="the kernel's console on standard error, and times")
    return result


def list_kernels():
    lines = []
    for architecture in ARCHITECTURES:
        for kernel in kernels.every(architecture):
            if kernel.skipped:
                lines.append((kernel.series, architecture, f"skipped: {kernel.skipped}"))
            else:
                package, _, version = kernel.packages[0].partition("=")
                lines.append((kernel.series, architecture, kernel.suite, package, version,
                              "cached" if kernel.cached else "not cached"))
    widths = [max((len(line[i]) for line in lines if len(line) > 3 or i < 2), default=0) for i in range(5)]
    for line in lines:
        print("  ".join(word.ljust(width) for word, width in zip(line, widths + [0])).rstrip())
    return 0


class Writer:
    """Passes output on from a thread of its own: whoever reads it slowly must not slow the guest, which waits for
    its port with interrupts off. Past 64 MiB it has to."""

    def __init__(self, verbose):
        self.descriptors = {"out": 1, "err": 2, **({"console": 2} if verbose else {})}
        self.queue = queue.Queue(1024)
        self.broken = False
        self.thread = threading.Thread(target=self._write, daemon=True)
        self.thread.start()

    def __call__(self, port, data):
        if self.broken:
            raise BrokenPipeError
        if port in self.descriptors:
            self.queue.put((self.descriptors[port], data))

    def _write(self):
        while True:
            descriptor, data = self.queue.get()
            if descriptor is None:
                return
            try:
                while data and not self.broken:
                    data = data[os.write(descriptor, data):]
            except OSError:
                self.broken = True

    def finish(self):
        self.queue.put((None, b""))
        self.thread.join()


def run(options, command):
    if len(options.kernels) != 1:
        raise Refused("one kernel, please: scripts/vm KERNEL [OPTIONS] -- CMD [ARGS]")
    request = Request(
        options.kernels[0], command, modules=options.module, link=parse_link(options.link) if options.link else None,
        disks=[parse_disk(text) for text in options.disk] + [parse_share(text) for text in options.share],
        cpus=options.cpus, memory=options.memory, append=options.append, timeout=options.timeout, silence=options.silence,
        files=[parse_file(text) for text in options.file], fetch=[parse_fetch(text) for text in options.fetch],
        iopath=options.iopath, with_iopath=not options.no_iopath, workload=options.workload, tests=options.tests,
        packages=options.package, headers=options.headers, monitor=options.monitor, verbose=options.verbose)
    writer = Writer(options.verbose)
    try:
        result = lab.run(request, writer)
    finally:
        writer.finish()
    if options.verbose:
        ended = result.ended
        cache.say(f"{result.kernel.release}: up after {ended.up:.1f} s ({ended.uptime:.1f} s by its clock), "
                  f"done after {ended.done:.1f} s, status {ended.status}")
    return result.status


def fetch_only(options):
    """The worst status of all: one kernel that is not there does not keep the others away."""
    status = 0
    for name in options.kernels:
        try:
            lab.prepare(name, options.package)
        except VmError as problem:
            cache.say(problem)
            status = max(status, problem.status)
    return status


def end(number, _frame):
    raise SystemExit(128 + number)


def main(arguments):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    try:
        command = None
        if "--" in arguments:
            place = arguments.index("--")
            arguments, command = arguments[:place], arguments[place + 1:]
        options = parser().parse_args(arguments)
        if options.list:
            return list_kernels()
        if options.fetch_only:
            return fetch_only(options)
        if command is None:
            raise Refused("no command: scripts/vm KERNEL [OPTIONS] -- CMD [ARGS]")
        return run(options, command)
    except VmError as problem:
        cache.say(problem)
        return problem.status
    except BrokenPipeError:
        # Whoever read the output went away; a shell reports a writer that dies of it like this.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 128 + signal.SIGPIPE
