"""What scripts/bench does to the machine, and how it is undone: children, mounts, sysctls, loop devices, temporary files."""

import contextlib
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, "build", "bench")
SOURCES = os.path.join(ROOT, "tests", "bench")

_libc = ctypes.CDLL(None, use_errno=True)
undo = contextlib.ExitStack()
skipped = []  # (what, why), printed at the end


def skip(what, why):
    if (what, why) not in skipped:
        skipped.append((what, why))
        print(f"  skipped: {what}: {why}")


def progress(text):
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{text}")
        sys.stderr.flush()


def stop_on_signals():
    """A signal becomes an exit, so that everything is undone; a second one cannot interrupt that."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def leave(number, _):
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)
        sys.exit(128 + number)

    for number in numbers:
        signal.signal(number, leave)


def tool(*names):
    """The first of these commands that exists; sbin is not in everyone's PATH."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/local/sbin"
    return next((found for found in (shutil.which(n, path=path) for n in names) if found), None)


def _die_with_parent():
    _libc.prctl(1, signal.SIGKILL)


def spawn(command, dies_with_us=True, **options):
    """A child that is stopped at the end whatever happens; options as for Popen."""
    child = subprocess.Popen(command, preexec_fn=_die_with_parent if dies_with_us else None, **options)
    undo.callback(stop, child)
    return child


def stop(child, how=signal.SIGINT, patience=10):
    """Ends a child as a user would, then by force. True where it ended by itself."""
    if child.poll() is not None:
        return True
    with contextlib.suppress(ProcessLookupError):
        child.send_signal(how)
    try:
        child.wait(patience)
        return True
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        return False


def output_of(command, timeout=120):
    """Standard output of a command that must succeed; RuntimeError with its message where it does not."""
    child = spawn(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    try:
        out, err = child.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        stop(child, signal.SIGKILL)
        raise RuntimeError(f"{command[0]} did not end in {timeout} s") from None
    if child.returncode:
        raise RuntimeError(f"{' '.join(command)} exited with {child.returncode}: {last_line(err)}")
    return out


def last_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no message"


def build():
    """Compiles the workload and the floor programs where they are older than their sources."""
    os.makedirs(BUILD, exist_ok=True)
    machine = os.uname().machine
    headers = next((d for d in (f"/usr/include/{machine}-linux-gnu", "/usr/include") if os.path.isdir(d)), "/usr/include")
    recipes = {
        "pingpong": ["gcc", "-O2", "-Wall", "-Wextra", "pingpong.c", "-o"],
        "floor": ["gcc", "-O2", "-Wall", "-Wextra", "floor.c", "-lbpf", "-o"],
        "floor.bpf.o": ["clang", "-O2", "-g", "-target", "bpf", "-mcpu=v3", "-Wall", f"-I{headers}", "-c", "floor.bpf.c", "-o"],
    }
    for name, command in recipes.items():
        made, source = os.path.join(BUILD, name), next(w for w in command if w.endswith(".c"))
        if os.path.exists(made) and os.path.getmtime(made) > os.path.getmtime(os.path.join(SOURCES, source)):
            continue
        if not tool(command[0]):
            sys.exit(f"bench: {command[0]} is needed to build {name} and is not installed")
        done = subprocess.run([*command, made], cwd=SOURCES, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"bench: {name} cannot be built:\n{done.stderr}")


def built(name):
    return os.path.join(BUILD, name)


def scratch():
    """A directory that is gone afterwards, beside the build so that files there are on a real file system."""
    path = tempfile.mkdtemp(prefix="scratch-", dir=BUILD)
    undo.callback(shutil.rmtree, path, ignore_errors=True)
    return path


def mount(kind, where, *options):
    done = subprocess.run(["mount", "-t", kind, *options, kind, where], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    undo.callback(subprocess.run, ["umount", where], stderr=subprocess.DEVNULL, check=False)


def need_tracefs():
    """bpftrace and syscount -L read tracepoint ids there."""
    if not os.path.exists("/sys/kernel/tracing/events"):
        try:
            mount("tracefs", "/sys/kernel/tracing")
        except RuntimeError as error:
            skip("tracefs", str(error))


@contextlib.contextmanager
def sysctl(name, value):
    path = os.path.join("/proc/sys", name.replace(".", "/"))
    with open(path, encoding="ascii") as file:
        old = file.read()

    def write(text):
        with open(path, "w", encoding="ascii") as file:
            file.write(text)

    with contextlib.ExitStack() as restore:
        restore.callback(write, old)
        write(value)
        yield


def loop_device(file):
    device = output_of(["losetup", "--find", "--show", file]).strip()
    undo.callback(subprocess.run, ["losetup", "--detach", device], stderr=subprocess.DEVNULL, check=False)
    return device


def bpftool(*words):
    """What bpftool says about these words, or None without bpftool."""
    command = tool("bpftool")
    if not command:
        return None
    done = subprocess.run([command, *words, "-j"], capture_output=True, text=True, check=False)
    return json.loads(done.stdout) if done.returncode == 0 and done.stdout.strip() else None


def run_times():
    """Every program by id, with its run time and number of runs while kernel.bpf_stats_enabled is set."""
    return {p["id"]: p for p in bpftool("prog", "show") or []}


def attached_programs():
    """What is attached to tracepoints, ours and other people's: [{"pid", "prog_id", "tracepoint", ...}]."""
    return bpftool("perf", "show") or []


def strangers_at_system_calls(pid):
    """Ids of programs that processes other than this one attached to system calls: they slow the same calls down."""
    return {p["prog_id"] for p in attached_programs()
            if p.get("pid") != pid and str(p.get("tracepoint", "")).startswith(("sys_enter", "sys_exit"))}


def programs_of(pid):
    """Ids of the programs that a process holds open, by themselves or through a link, as its fdinfo says."""
    found = set()
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for fd in os.listdir(f"/proc/{pid}/fdinfo"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError), open(f"/proc/{pid}/fdinfo/{fd}", encoding="ascii") as file:
                fields = dict(line.split(":", 1) for line in file.read().splitlines() if ":" in line)
                if "prog_id" in fields:
                    found.add(int(fields["prog_id"]))
    return found


def attachments(pid):
    """How many tracepoints a process has programs attached to."""
    return sum(1 for p in attached_programs() if p.get("pid") == pid)


def wait_until(condition, seconds, child=None):
    """Polls; False when time is up or the child has ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        if child is not None and child.poll() is not None:
            return False
        time.sleep(0.01)
    return False


def writable_or_exit(path):
    """Found out before the long run, not after it."""
    try:
        with open(path, "a", encoding="utf-8"):
            pass
    except OSError as error:
        sys.exit(f"bench: cannot write {path}: {error.strerror}")
