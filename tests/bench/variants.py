"""What can be attached while a workload runs: nothing, the floor, iopath, and the tools it is compared with."""

import contextlib
import os
import select
import shlex
import subprocess
import tempfile
import textwrap
import time

import host

HISTOGRAM = ("tracepoint:raw_syscalls:sys_enter { @s[tid] = nsecs; } "
             "tracepoint:raw_syscalls:sys_exit /@s[tid]/ { @h = hist(nsecs - @s[tid]); delete(@s[tid]); }")
BLOCK_HISTOGRAM = ("tracepoint:block:block_rq_issue { @s[args->dev, args->sector] = nsecs; } "
                   "tracepoint:block:block_rq_complete /@s[args->dev, args->sector]/ "
                   "{ @h = hist(nsecs - @s[args->dev, args->sector]); delete(@s[args->dev, args->sector]); }")
RUNQUEUE_HISTOGRAM = ("tracepoint:sched:sched_wakeup { @s[args->pid] = nsecs; } "
                      "tracepoint:sched:sched_switch /@s[args->next_pid]/ "
                      "{ @h = hist(nsecs - @s[args->next_pid]); delete(@s[args->next_pid]); }")


class DoesNotStart(Exception):
    """The tool is missing or refuses this machine; the message is its own."""


class Variant:
    """A command that is attached for as long as the context lasts. The context's value is its process, or None for the baseline."""

    def __init__(self, name, command=None, *, expect=0, ready_line=False, settle=0.4, environment=None):
        self.name, self.command, self.environment = name, command, environment
        self.expect, self.ready_line, self.settle = expect, ready_line, settle

    @contextlib.contextmanager
    def attached(self):
        if self.command is None:
            yield None
            return
        with tempfile.TemporaryFile("w+") as said:
            child = self._start(said)
            try:
                yield child
            finally:
                host.stop(child)
                if child.stdin:
                    child.stdin.close()
                if child.stdout:
                    child.stdout.close()

    def _start(self, said):
        if not host.tool(self.command[0]):
            raise DoesNotStart("not installed")
        out = subprocess.PIPE if self.ready_line else said
        child = host.spawn(self.command, stdin=subprocess.PIPE, stdout=out, stderr=said, env=self.environment)
        if not (self._wait_for_line(child) if self.ready_line else self._wait_for_attachments(child)):
            host.stop(child)
            raise DoesNotStart(self._message(child, said))
        return child

    @staticmethod
    def _wait_for_line(child):
        return bool(select.select([child.stdout], [], [], 20)[0] and os.read(child.stdout.fileno(), 4096))

    def _wait_for_attachments(self, child):
        """Until the expected number is there, or, with none expected, until it no longer grows."""
        seen, since = 0, time.monotonic()

        def settled():
            nonlocal seen, since
            count = host.attachments(child.pid)
            if count != seen:
                seen, since = count, time.monotonic()
            return count >= self.expect if self.expect else count > 0 and time.monotonic() - since > self.settle

        return host.wait_until(settled, 20, child)

    @staticmethod
    def _message(child, said):
        said.seek(0)
        lines = [line.strip() for line in said.read().splitlines() if line.strip()]
        if child.poll() is None:
            return "attached nothing in 20 s"
        first = next((line for line in lines if "nable" in line or "rror" in line or "annot" in line), lines[-1] if lines else "")
        return f"exit status {child.returncode}: {textwrap.shorten(first, 110, placeholder='...')}"


@contextlib.contextmanager
def all_of(members):
    """Several variants at once; the context's value is their processes."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(member.attached()) for member in members]


class Iopath(Variant):
    """The whole tool, system wide. Ready when it says so on --ready-fd; a build without that option is watched from outside."""

    def __init__(self, path, *options, name="iopath diagnose"):
        super().__init__(name, [path, "diagnose", "--duration", "3600", *options])
        self.path, self.has_ready_fd = path, True

    def _start(self, said):
        if not os.access(self.path, os.X_OK):
            raise DoesNotStart(f"no executable {self.path}")
        if self.has_ready_fd:
            child, message = start_with_ready_fd(self.command, said)
            if child:
                return child
            if "exit status 2" not in message:
                raise DoesNotStart(message)
            self.has_ready_fd = False
            said.truncate(0)
        child = host.spawn(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said)
        if not self._wait_for_attachments(child):
            host.stop(child)
            raise DoesNotStart(self._message(child, said))
        return child


def start_with_ready_fd(command, said, seconds=20, dies_with_us=True):
    """(child, "") once the command wrote to its --ready-fd, or (None, why not). The option goes before a `--`."""
    reading, writing = os.pipe()
    at = command.index("--") if "--" in command else len(command)
    full = [*command[:at], "--ready-fd", str(writing), *command[at:]]
    try:
        child = host.spawn(full, dies_with_us, pass_fds=[writing], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said)
    finally:
        os.close(writing)
    try:
        if select.select([reading], [], [], seconds)[0] and os.read(reading, 64):
            return child, ""
    finally:
        os.close(reading)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(0.5)
    message = Variant._message(child, said)
    host.stop(child)
    return None, message


def bpftrace(program, name):
    return Variant(name, ["bpftrace", "-e", program], expect=program.count("tracepoint:"))


def floor(prefix, name):
    return Variant(name, [host.built("floor"), host.built("floor.bpf.o"), prefix], ready_line=True)


def syscount_tools():
    """Both tools of that name; which of them starts depends on the kernel. Python's output must not wait in its buffer."""
    unbuffered = {**os.environ, "PYTHONUNBUFFERED": "1"}
    return [Variant("syscount -L (bcc)", ["syscount-bpfcc", "-L"], expect=2, environment=unbuffered),
            Variant("syscount -L (libbpf-tools)", ["syscount", "-L"], expect=2)]


def also(text):
    """A variant from the command line, NAME=COMMAND: any command that attaches programs and ends at SIGINT."""
    name, separator, command = text.partition("=")
    if not separator or not command:
        raise SystemExit(f"bench: --also wants NAME=COMMAND, not {text!r}")
    return Variant(name, shlex.split(command))


def startable(variants):
    """Those that start here; the others are named with their message."""
    usable = []
    for variant in variants:
        host.progress(f"trying {variant.name}")
        try:
            with variant.attached():
                usable.append(variant)
        except DoesNotStart as reason:
            host.progress("")
            host.skip(variant.name, f"does not start: {reason}")
    host.progress("")
    return usable
