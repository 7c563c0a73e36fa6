"""What each tool's programs cost per block request: their run time as the kernel counts it, on one device, interleaved."""

import os
import time

import host
import stats
import variants
import workloads

IOPATH, BOTH, EMPTY = "iopath diagnose", "biolatency -Q and biosnoop", "floor: two empty programs"
HOOKS = ("block_", "bio_")  # how iopath's programs on block events are named
RATIO = "iopath's block programs / biolatency -Q and biosnoop"
COST = "iopath's block programs per request, above empty ones"


class Tools(variants.Variant):
    """Several commands, attached together."""

    def __init__(self, name, *members):
        super().__init__(name)
        self.members = members

    def attached(self):
        return variants.all_of(self.members)


def device(options):
    """The device to read: the one asked for, else a loop device over memory, and how large it is."""
    if options.device:
        return options.device
    memory = host.scratch()
    host.mount("tmpfs", memory, "-o", "size=200m")
    return host.loop_device(workloads.fill(f"{memory}/loop", 128))


def completed(node):
    """Requests done so far: reads and writes of /sys/block/*/stat."""
    with open(f"/sys/block/{os.path.basename(os.path.realpath(node))}/stat", encoding="ascii") as file:
        fields = file.read().split()
    return int(fields[0]) + int(fields[4])


def one_sample(variant, load, node):
    """Per request: ns of all the variant's programs, ns and runs of those on block events."""
    with variant.attached() as children:
        own = set().union(*(host.programs_of(child.pid) for child in children))
        with host.sysctl("kernel.bpf_stats_enabled", "1"):
            before, first = host.run_times(), completed(node)
            load.rate()
            after, requests = host.run_times(), completed(node) - first
    taken = {"all": 0, "block": 0, "runs": 0}
    for number in own & set(after):
        spent = after[number].get("run_time_ns", 0) - before.get(number, {}).get("run_time_ns", 0)
        taken["all"] += spent
        if variant.name != IOPATH or after[number].get("name", "").startswith(HOOKS):
            taken["block"] += spent
            taken["runs"] += after[number].get("run_cnt", 0) - before.get(number, {}).get("run_cnt", 0)
    return {key: value / requests for key, value in taken.items()}


def run(options, iopath):
    print(f"\nns of BPF run time per request (by bpf_stats, its clock reads included; medians of {options.rounds} interleaved rounds)")
    if not host.tool("fio") or not host.tool("bpftool"):
        host.skip("requests", "fio and bpftool are needed")
        return {"rows": [], "targets": []}
    try:
        node = device(options)
    except RuntimeError as error:
        host.skip("requests", str(error))
        return {"rows": [], "targets": []}
    load = workloads.Fio("reads", node, 64, True, options)
    latency = variants.Variant("biolatency -Q", ["biolatency", "-Q"])
    snoop = variants.Variant("biosnoop", ["biosnoop"])
    chosen = variants.startable([variants.floor("block_", EMPTY), *([iopath] if iopath else []), latency, snoop, variants.bpftrace(variants.BLOCK_HISTOGRAM, workloads.BLOCK)])
    singles = [Tools(v.name, v) for v in chosen]
    if latency in chosen and snoop in chosen:
        singles.append(Tools(BOTH, latency, snoop))
    taken = {v.name: [] for v in singles}
    for number in range(options.rounds):
        for variant in (singles if number % 2 == 0 else singles[::-1]):
            host.progress(f"requests: round {number + 1}, {variant.name}")
            taken[variant.name].append(one_sample(variant, load, node))
            time.sleep(0.1)
    host.progress("")
    return report(taken, node)


def report(taken, node):
    empty = [sample["block"] / sample["runs"] for sample in taken.get(EMPTY, []) if sample["runs"]]
    table, rows = [], []
    for name, samples in taken.items():
        spent, runs = [sample["block"] for sample in samples], stats.median([sample["runs"] for sample in samples])
        row = {"name": name, "block_ns": stats.median(spent), "spread_ns": stats.spread(spent), "by_round_ns": spent, "block_runs": runs,
               "net_ns": stats.median(spent) - runs * stats.median(empty) if empty else None,
               "all_ns": stats.median([sample["all"] for sample in samples])}
        rows.append(row)
        table.append([name, stats.number(row["block_ns"]), f"±{row['spread_ns']:.0f}", stats.number(runs, 1), stats.number(row["net_ns"]),
                      stats.number(row["all_ns"])])
    stats.print_table([f"4 KiB direct reads of {node}", "block events", "", "runs", "above empty ones", "all events"], table)
    by_name = {row["name"]: row for row in rows}
    ours, both = by_name.get(IOPATH), by_name.get(BOTH)
    verdicts = [stats.verdict(RATIO, ours["block_ns"] / both["block_ns"] if ours and both else None, 0.5),
                stats.verdict(COST, ours["net_ns"] if ours else None, 250, "ns", 0)]
    stats.print_verdicts(verdicts)
    return {"device": node, "rows": rows, "targets": verdicts}
