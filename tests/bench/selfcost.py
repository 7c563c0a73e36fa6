"""What iopath costs by itself: its programs' run time, its start, the time its report takes, its memory."""

import contextlib
import json
import os
import select
import subprocess
import tempfile
import time

import host
import stats
import variants

MIB = 1 << 20
TRIES = 10


def run(options, iopath):
    print("\niopath by itself")
    result = {"targets": []}
    if iopath is None:
        host.skip("start, report, memory and programs of iopath", f"{options.iopath} does not run here")
        result["start"] = bpftrace_start()
        print_start(result["start"])
        return result
    result["programs"] = programs(iopath, options)
    result["start"] = {**iopath_start(iopath), **bpftrace_start()}
    print_start(result["start"])
    result["report"] = report_latency(iopath)
    result["memory"] = memory(iopath, options)
    result["targets"] = [
        stats.verdict("start to ready", in_ms(result["start"].get("iopath_ready_s")), 100, "ms", 0),
        stats.verdict("command's end to report printed", in_ms(result["report"].get("text_printed_s")), 100, "ms", 0),
        stats.verdict("resident memory", result["memory"]["rss_bytes"] / MIB, 24, "MiB", 1)]
    stats.print_verdicts(result["targets"])
    return result


def in_ms(seconds):
    return None if seconds is None else seconds * 1000


def traffic(options):
    """A little of everything that the programs hook: calls, switches, wakes, interrupts and, on the file's device, requests."""
    ping = host.built("pingpong")
    host.output_of([ping, "pipe", str(options.cpu), "50000"])
    host.output_of([ping, "pair", str(options.cpu), str(options.cpu), "0.5"])
    path = os.path.join(host.scratch(), "file")
    with open(path, "wb") as file:
        for _ in range(100):
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())


def programs(iopath, options):
    """ns per run of each program, in one short window of bpf_stats; the kernel's own clock reads are in them."""
    rows = []
    with iopath.attached() as child:
        with host.sysctl("kernel.bpf_stats_enabled", "1"):
            begin, before = time.monotonic(), host.run_times()
            traffic(options)
            after, seconds = host.run_times(), time.monotonic() - begin
        own = host.programs_of(child.pid)
    for number in sorted(own & set(after)):
        now, then = after[number], before.get(number, {})
        count = now.get("run_cnt", 0) - then.get("run_cnt", 0)
        spent = now.get("run_time_ns", 0) - then.get("run_time_ns", 0)
        rows.append({"program": now.get("name", str(number)), "type": now.get("type"), "runs": count, "seconds": spent / 1e9,
                     "ns_per_run": spent / count if count else None, "jited_bytes": now.get("bytes_jited")})
    rows.sort(key=lambda r: -r["seconds"])
    print(f"  programs, run time by bpf_stats in a window of {seconds:.1f} s of mixed traffic (its own clock reads included):")
    stats.print_table(["program", "runs", "ns/run", "total ms", "jited bytes"],
                      [[r["program"], stats.number(r["runs"]), stats.number(r["ns_per_run"]), f"{r['seconds'] * 1e3:.1f}",
                        stats.number(r["jited_bytes"])] for r in rows if r["runs"]])
    print(f"  and {sum(not r['runs'] for r in rows)} of {len(rows)} that did not run")
    return rows


def iopath_start(iopath):
    """Spawn to the byte on the ready descriptor, and the CPU time of all threads by then, which a busy neighbour changes less."""
    if not iopath.has_ready_fd:
        host.skip("start to ready", "this iopath has no --ready-fd")
        return {}
    wall, cpu = [], []
    for _ in range(TRIES):
        with tempfile.TemporaryFile("w+") as said:
            begin = time.monotonic()
            child, message = variants.start_with_ready_fd(iopath.command, said, dies_with_us=False)
            wall.append(time.monotonic() - begin)
            if child is None:
                host.skip("start to ready", message)
                return {}
            cpu.append(cpu_seconds(child.pid))
            host.stop(child)
    return {"iopath_ready_s": stats.median(wall), "iopath_ready_spread_s": stats.spread(wall), "iopath_cpu_s": stats.median(cpu),
            "by_try_s": wall}


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def bpftrace_start():
    """(spawn to the first event's line, which is as near to "ready" as bpftrace says; spawn to its end after that event)."""
    if not host.tool("bpftrace"):
        host.skip("bpftrace's start", "not installed")
        return {}
    first, ended = [], []
    for _ in range(TRIES):
        begin = time.monotonic()
        child = host.spawn(["bpftrace", "-B", "line", "-e", 'tracepoint:raw_syscalls:sys_enter { printf("event\\n"); exit(); }'],
                           dies_with_us=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        with child.stdout:
            if not read_until(child.stdout.fileno(), b"event", 20):
                host.stop(child)
                host.skip("bpftrace's start", "no event in 20 s")
                return {}
            first.append(time.monotonic() - begin)
            child.wait(20)
            ended.append(time.monotonic() - begin)
    return {"bpftrace_first_event_s": stats.median(first), "bpftrace_ended_s": stats.median(ended)}


def read_until(fd, word, seconds):
    seen, end = b"", time.monotonic() + seconds
    while word not in seen:
        if not select.select([fd], [], [], max(0, end - time.monotonic()))[0]:
            return False
        block = os.read(fd, 65536)
        if not block:
            return False
        seen += block
    return True


def print_start(start):
    if "iopath_ready_s" in start:
        print(f"  start to ready: {in_ms(start['iopath_ready_s']):.0f} ms ±{in_ms(start['iopath_ready_spread_s']):.0f}, "
              f"CPU time {in_ms(start['iopath_cpu_s']):.0f} ms (median of {TRIES})")
    if "bpftrace_first_event_s" in start:
        print(f"  bpftrace, start to first event: {in_ms(start['bpftrace_first_event_s']):.0f} ms, "
              f"to its end {in_ms(start['bpftrace_ended_s']):.0f} ms (median of {TRIES})")


def report_latency(iopath):
    """From the command's last system call but one to the report's last byte, and to iopath's own end."""
    result = {}
    for kind, extra in (("text", []), ("json", ["--json"])):
        printed, ended = [], []
        for _ in range(TRIES):
            try:
                times = one_report(iopath.path, extra)
            except (RuntimeError, OSError, ValueError) as error:
                host.skip(f"report latency, {kind}", str(error))
                break
            printed.append(times[0])
            ended.append(times[1])
        if printed:
            result[f"{kind}_printed_s"], result[f"{kind}_ended_s"] = stats.median(printed), stats.median(ended)
            print(f"  report as {kind}: last byte {in_ms(stats.median(printed)):.0f} ms ±{in_ms(stats.spread(printed)):.0f} after the "
                  f"command's end, iopath gone after {in_ms(stats.median(ended)):.0f} ms (median of {len(printed)})")
    return result


def one_report(path, extra):
    stamp = os.path.join(host.scratch(), "stamp")
    child = host.spawn([path, "diagnose", *extra, "--", host.built("pingpong"), "stamp", stamp],
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    last, said = 0, b""
    with child.stderr:
        while block := os.read(child.stderr.fileno(), 65536):
            last, said = time.monotonic_ns(), said + block
    child.wait(20)
    gone = time.monotonic_ns()
    if child.returncode:
        raise RuntimeError(f"exit status {child.returncode}: {host.last_line(said.decode(errors='replace'))}")
    with open(stamp, encoding="ascii") as file:
        end = int(file.read())
    if last < end:
        raise ValueError("no report after the command's end")
    return (last - end) / 1e9, (gone - end) / 1e9


def memory(iopath, options):
    """Resident memory while watching the whole system, as /proc says, and what iopath says of itself."""
    with iopath.attached() as child:
        traffic(options)
        with open(f"/proc/{child.pid}/status", encoding="ascii") as file:
            status = dict(line.split(":", 1) for line in file.read().splitlines() if ":" in line)
    result = {"rss_bytes": kib(status.get("VmRSS")), "peak_bytes": kib(status.get("VmHWM")), "self_rss_bytes": None}
    with contextlib.suppress(RuntimeError, ValueError, KeyError, TypeError):
        out = host.output_of([iopath.path, "diagnose", "--duration", "1", "--json"])
        result["self_rss_bytes"] = json.loads(out)["self"]["rss_bytes"]
    own = result["self_rss_bytes"]
    print(f"  memory: resident {result['rss_bytes'] / MIB:.1f} MiB, peak {result['peak_bytes'] / MIB:.1f} MiB; "
          f"self.rss_bytes {'missing' if own is None else f'{own / MIB:.1f} MiB'}")
    return result


def kib(text):
    return int(text.split()[0]) * 1024 if text else None
