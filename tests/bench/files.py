"""What the file system layers add to the ledger of a cached read, write, stat and open, in on-CPU nanoseconds a call."""

import os

import host
import stats
import syscalls
import variants

# Layers that only look at file systems; what a file is and how calls fail is the ledger's own knowledge.
LAYERS = ("journal", "cache", "fault", "lookup")
LEDGER, IOPATH = "iopath without these layers", "iopath diagnose"
OPERATIONS, LOOKUPS = ("read", "write"), ("stat", "open")
SIZE = 1 << 16


def cached_file():
    """A file of the disk's file system whose pages are in the cache."""
    path = os.path.join(host.scratch(), "file")
    with open(path, "wb") as file:
        file.write(os.urandom(SIZE))
    with open(path, "rb") as file:
        file.read()
    return path


def run(options, iopath):
    print(f"\nns added per call on a cached file (on-CPU time, medians of {options.rounds} rounds on CPU {options.cpu}; ± half the quartiles' "
          f"distance); the layers: {', '.join(LAYERS)}")
    if iopath is None:
        host.skip("files", f"{options.iopath} does not run here")
        return {"rows": [], "targets": []}
    ledger = variants.Iopath(iopath.path, "--no-attach", ",".join(LAYERS), name=LEDGER)
    chosen = variants.startable([iopath, ledger, *map(variants.also, options.also)])
    file = cached_file()
    workloads = {name: [file] for name in (*OPERATIONS, *LOOKUPS)}
    rounds = syscalls.measure(chosen, options.cpu, options.rounds, options.iterations, workloads)
    table, rows = [], []
    nothing = {w: [b[w] for r in rounds for b in r.base] for w in workloads}
    table.append(["baseline: nothing attached (ns per call)", *(stats.number(stats.median(v)) for v in nothing.values())])
    for variant in chosen:
        added = {w: syscalls.series(rounds, variant.name, w) for w in workloads}
        rows.append({"name": variant.name, "by_round_ns": added})
        table.append([variant.name, *(f"{stats.number(stats.median(v))} ±{stats.spread(v):.0f}" for v in added.values())])
    stats.print_table(["attached", *workloads], table)
    return {"rows": rows, "baseline_ns": nothing, "targets": targets(rounds, [v.name for v in chosen])}


def targets(rounds, names):
    verdicts = []
    for workload, limit in [*((w, 100) for w in OPERATIONS), *((w, 50) for w in LOOKUPS)]:
        differences = [r.added[IOPATH][workload] - r.added[LEDGER][workload] for r in rounds] if {IOPATH, LEDGER} <= set(names) else []
        verdicts.append(stats.verdict(f"these layers, a cached {workload}", stats.median(differences), limit, "ns", 0,
                                      stats.spread(differences)))
    stats.print_verdicts(verdicts)
    return verdicts
