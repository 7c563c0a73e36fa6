# SPDX-License-Identifier: GPL-2.0-only
"""Runs in the guest: makes file systems, keeps activity.py going, runs each tool beside it, and iopath at the end. Prints a
JSON object a line: {"tool", "package", "verdict", "reason", ...} for each, and {"iopath": ...}."""
import contextlib
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import time

HERE = os.path.dirname(os.path.abspath(__file__))
FILE_SYSTEMS = {"ext4": ["mkfs.ext4", "-q", "-F"], "xfs": ["mkfs.xfs", "-q", "-f"], "btrfs": ["mkfs.btrfs", "-q", "-f"]}
ROUNDS = "/run/peers-rounds"
# Seconds until it must have started and until the first try is over, and what a second try of those that showed
# nothing has. Some of bpftrace's tools read headers, for which an emulated processor takes a minute.
STARTING = {"libbpf-tools": 30, "bpftrace": 180}
WATCHING = (10, 30)
SETTLE = (3, 12)  # from the start to the interrupt, for a tool that sums up then
LEAVING, AGAIN = 20, 4  # from the first interrupt to killing; bpftrace loses one that comes before it waits for events
BEFORE_START = re.compile(r"(?m)^Attaching \d+ probes?\.\.\.$")  # bpftrace says so first, and attaches then
KEPT = 4000
SAID_FAILED = re.compile(r"fail|error|cannot|could not|couldn't|unknown|invalid|unable|not found|no such|denied|refused", re.IGNORECASE)


def say(**fields):
    print(json.dumps(fields), flush=True)


def command(*words):
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def rounds():
    try:
        with open(ROUNDS, encoding="ascii") as file:
            return int(file.read())
    except (OSError, ValueError):
        return 0


class Terminal:
    """Where a tool's standard output goes, so that it comes line by line as a user would see it."""

    def __init__(self):
        self.ours, self.theirs = pty.openpty()
        attributes = termios.tcgetattr(self.theirs)
        attributes[1] &= ~termios.OPOST
        termios.tcsetattr(self.theirs, termios.TCSANOW, attributes)
        self.text = ""

    def read(self, seconds):
        """False at its end."""
        while select.select([self.ours], [], [], seconds)[0]:
            try:
                data = os.read(self.ours, 1 << 16)
            except OSError:
                return False
            if not data:
                return False
            self.text += data.decode(errors="replace")
            seconds = 0
        return True

    def close(self):
        os.close(self.ours)


def attempt(tool, argv, watching, settle):
    """One run of it."""
    data = re.compile(tool["data"])
    terminal = Terminal()
    began = time.monotonic()
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=terminal.theirs, stderr=errors, start_new_session=True)
        os.close(terminal.theirs)
        started, interrupted = None, []
        while True:
            open_still = terminal.read(0.1)
            now = time.monotonic()
            if not open_still or child.poll() is not None:
                break
            if started is None and BEFORE_START.sub("", terminal.text).strip():
                started = now
            deadline = began + STARTING[tool["package"]] if started is None else started + watching
            seen = tool["way"] == "streams" and data.search(terminal.text)
            summed_up = tool["way"] == "sums up" and started is not None and now - started > settle
            if interrupted and now - interrupted[0] > LEAVING:
                break
            if (interrupted and now - interrupted[-1] > AGAIN) or (not interrupted and (seen or summed_up or now > deadline)):
                os.killpg(child.pid, signal.SIGINT)
                interrupted.append(now)
        by_itself = not interrupted
        killed = False
        try:
            child.wait(1)
        except subprocess.TimeoutExpired:
            killed = True
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        terminal.read(0.1)
        terminal.close()
        errors.seek(0)
        complaints = errors.read().decode(errors="replace")
    verdict, reason = judge(data.search(terminal.text), by_itself, killed, child.returncode, terminal.text, complaints)
    return {"verdict": verdict, "reason": reason, "status": child.returncode, "killed": killed, "seconds": round(time.monotonic() - began, 1),
            "output": terminal.text[-KEPT:], "complaints": complaints[:KEPT]}


def judge(found, by_itself, killed, status, output, complaints):
    """(verdict, reason): data; empty, it started and showed none; fails, it did not start."""
    if found:
        return "data", ""
    said = BEFORE_START.sub("", output).strip()
    lines = [line.strip() for line in (*complaints.splitlines(), *said.splitlines()) if line.strip()]
    failure = next((line for line in lines if SAID_FAILED.search(line)), "")
    if by_itself and status:
        return "fails", failure or (f"killed by signal {-status}" if status < 0 else f"exit status {status}")
    if not said and (failure or killed):
        return "fails", failure or "did not start in time"
    return "empty", failure


@contextlib.contextmanager
def lost_packets(wanted):
    if wanted:
        command("tc", "qdisc", "add", "dev", "lo", "root", "netem", "loss", "10%")
    try:
        yield
    finally:
        if wanted:
            command("tc", "qdisc", "del", "dev", "lo", "root")


def run_tool(tool):
    path = shutil.which(tool["name"])
    fields = {"tool": tool["name"], "package": tool["package"], "group": tool["group"]}
    if not path:
        return {**fields, "verdict": "missing", "reason": "not in the package"}
    argv = [path, *tool["arguments"]]
    if tool["package"] == "bpftrace":
        argv = ["bpftrace", "-B", "line", path]
    result = {}
    for number, (watching, settle) in enumerate(zip(WATCHING, SETTLE)):
        before = rounds()
        with lost_packets(tool["lossy"]):
            result = attempt(tool, argv, watching, settle)
        result["rounds"] = rounds() - before
        result["tries"] = number + 1
        if result["verdict"] != "empty":
            break
        if result["rounds"] < 2 and not tool["lossy"]:
            sys.exit(f"peers: nothing went on beside {tool['name']}")
        # More time for what it was to watch.
        argv = [word if word != "2" else "6" for word in argv]
    return {**fields, "command": " ".join(argv), **result}


def prepare():
    folders = []
    disks = os.environ["IOPATH_VM_DISKS"].split()
    for (name, make), disk in zip(FILE_SYSTEMS.items(), disks):
        folder = f"/mnt/{name}"
        os.makedirs(folder)
        command(*make, disk)
        command("mount", "-t", name, disk, folder)
        folders.append(folder)
    return folders


def iopath(folders, counts):
    """Probes lit, and what `diagnose` counted of a workload beside what that did."""
    doctor = json.loads(subprocess.run(["iopath", "doctor", "--json"], stdin=subprocess.DEVNULL, capture_output=True, check=False).stdout)
    coverage = doctor["coverage"]
    dark = {line["probe"]: line["reason"] for line in coverage if line["how"] == "dark"}
    fields = {"lit": len(coverage) - len(dark), "of": len(coverage), "dark": dark}
    report_path = "/run/peers-report"
    done = subprocess.run(["iopath", "diagnose", "--json", "-o", report_path, "--", "python3", os.path.join(HERE, "exact.py"),
                           json.dumps(counts), *folders], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    fields["status"] = done.returncode
    fields["complaints"] = done.stderr.decode(errors="replace")[:KEPT]
    try:
        with open(report_path, encoding="utf-8") as file:
            report = json.load(file)
    except (OSError, ValueError) as problem:
        return {**fields, "differences": [f"no report: {problem}"]}
    return {**fields, "report": report}


def main():
    with open(os.path.join(HERE, "chosen.json"), encoding="utf-8") as file:
        chosen = json.load(file)
    folders = prepare()
    activity = subprocess.Popen([sys.executable, os.path.join(HERE, "activity.py"), *folders], stdin=subprocess.DEVNULL)
    began = time.monotonic()
    while rounds() < 3:
        if activity.poll() is not None or time.monotonic() - began > 60:
            sys.exit("peers: the activity did not begin")
        time.sleep(0.1)
    say(began=True, seconds_per_round=round((time.monotonic() - began) / rounds(), 2))
    for tool in chosen["tools"]:
        say(**run_tool(tool))
        if activity.poll() is not None:
            sys.exit("peers: the activity has ended")
    activity.kill()
    activity.wait()
    say(iopath=iopath(folders, chosen["counts"]))


if __name__ == "__main__":
    main()
