"""What whole workloads lose: fio's operations per second and round trips between two processes, with and without each tool."""

import json
import os

import host
import stats
import syscalls
import variants

MIB = 1 << 20
NONE = "none"
CALLS, BLOCK, RUNQUEUE = "bpftrace, syscall histogram", "bpftrace, block histogram", "bpftrace, run queue histogram"
ONLY_WITH = {BLOCK: "direct", RUNQUEUE: "ping-pong"}  # a tool for one layer is compared on workloads of that layer
REPEATS = 3


class Fio:
    """One fio job of one thread, pinned, 4 KiB random reads by pread. What never waits is counted per second of CPU time, which
    a neighbour does not take."""

    def __init__(self, name, file, size_mib, direct, options):
        self.name, self.unit, self.waits = name, "IOPS" if direct else "I/O per CPU s", direct
        self.command = [host.tool("fio"), "--name=bench", f"--filename={file}", f"--size={size_mib}m", "--rw=randread", "--bs=4k",
                        "--ioengine=psync", f"--direct={int(direct)}", "--norandommap", "--nice=-15", "--time_based", f"--runtime={int(options.seconds * 1000)}ms",
                        f"--cpus_allowed={options.cpu}", "--output-format=json"]

    def rate(self):
        out = host.output_of(self.command)
        job = json.loads(out[out.index("{"):])["jobs"][0]
        return job["read"]["iops"] if self.waits else job["read"]["iops"] * 100 / (job["usr_cpu"] + job["sys_cpu"])


class Pair:
    """Two processes that send 64 bytes to and fro through two pipes."""

    def __init__(self, name, cpus, options):
        self.name, self.alone = name, len(set(cpus)) == 1
        self.unit = "trips per CPU s" if self.alone else "trips/s"
        self.command = [host.built("pingpong"), "pair", *map(str, cpus), str(options.seconds)]

    def rate(self):
        per_second, per_cpu_second = map(float, host.output_of(self.command).split())
        return per_cpu_second if self.alone else per_second


def fill(path, size_mib):
    with open(path, "wb") as file:
        for _ in range(size_mib):
            file.write(os.urandom(MIB))
        os.fsync(file.fileno())
    return path


def prepare(options):
    """The workloads that this machine can run."""
    cpu = options.cpu
    found = [Pair("pipe ping-pong, one CPU", (cpu, cpu), options)]
    others = sorted(os.sched_getaffinity(0) - {cpu})
    if others:
        found.append(Pair("pipe ping-pong, two CPUs", (others[0], cpu), options))
    else:
        host.skip("pipe ping-pong, two CPUs", "this machine has one")
    if not host.tool("fio"):
        host.skip("fio", "not installed")
        return found
    disk, memory = host.scratch(), host.scratch()
    try:
        host.mount("tmpfs", memory, "-o", "size=300m")
        found.append(Fio("fio randread, tmpfs", fill(f"{memory}/reads", 64), 64, False, options))
        found.append(Fio("fio randread direct, loop device on tmpfs", host.loop_device(fill(f"{memory}/loop", 128)), 128, True, options))
    except RuntimeError as error:
        host.skip("fio on tmpfs and on a loop device", str(error))
    found.append(Fio("fio randread direct, file on disk", fill(f"{disk}/file", 128), 128, True, options))
    return [w for w in found if runs(w)]


def runs(workload):
    try:
        workload.rate()
        return True
    except RuntimeError as error:
        host.skip(workload.name, str(error))
        return False


def run(options, iopath):
    print(f"\nwhole workloads (medians of {options.rounds} interleaved rounds, each the best of {REPEATS} runs of {options.seconds} s)")
    loads = prepare(options)
    chosen = [variants.Variant(NONE)] + variants.startable([
        variants.floor("empty_", syscalls.FLOOR), *([iopath] if iopath else []), *map(variants.also, options.also),
        variants.bpftrace(variants.HISTOGRAM, CALLS), variants.bpftrace(variants.BLOCK_HISTOGRAM, BLOCK),
        variants.bpftrace(variants.RUNQUEUE_HISTOGRAM, RUNQUEUE)])
    rates = {(load.name, v.name): [] for load in loads for v in chosen}
    for number in range(options.rounds):
        for variant in syscalls.order(chosen, number):
            host.progress(f"workloads: round {number + 1}, {variant.name}")
            with variant.attached():
                for load in suited(loads, variant.name):
                    rates[load.name, variant.name].append(best_rate(load))
    host.progress("")
    rows = []
    for load in loads:
        table = []
        for row in [one_row(load, v.name, rates) for v in chosen if load in suited(loads, v.name)]:
            rows.append(row)
            table.append([row["attached"], stats.number(row["rate"]), f"±{stats.number(row['spread'])}",
                          "" if row["attached"] == NONE else f"{row['change'] * 100:+.1f} %", "in the noise" if row["noise"] else ""])
        stats.print_table([load.name, load.unit, "", "change", ""], table)
        print()
    return {"rows": rows}


def suited(loads, name):
    return [load for load in loads if ONLY_WITH.get(name, "") in load.name]


def best_rate(load):
    """A neighbour only ever takes away, so the best of a few short runs is nearest to what the machine gives."""
    return max(load.rate() for _ in range(REPEATS))


def one_row(load, name, rates):
    values, nothing = rates[load.name, name], rates[load.name, NONE]
    change = stats.ratio(values, nothing) - 1
    noise = name != NONE and abs(change) * stats.median(nothing) < stats.spread(values) + stats.spread(nothing)
    return {"workload": load.name, "attached": name, "unit": load.unit, "rate": stats.median(values),
            "spread": stats.spread(values), "by_round": values, "change": change, "noise": noise}
