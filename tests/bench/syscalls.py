"""The table of design.md, section 8: nanoseconds that each tool adds to one system call."""

import host
import stats
import variants

WORKLOADS = {"pipe": [], "getppid": []}  # of pingpong, with the words that follow its iterations
FLOOR, IOPATH, BPFTRACE = "floor: empty programs", "iopath diagnose", "bpftrace, one histogram"
TARGETS = [("iopath / floor", "floor", 2.0), ("iopath / syscount -L", "syscount", 0.55),
           ("iopath / bpftrace's one histogram", "bpftrace", 0.40)]
REPEATS = 5  # processes a sample
TRIES = 8  # at a sample without other people's programs


def sample(cpu, iterations, workloads):
    """ns per system call of each workload: the quietest of a few short processes, each of which says its median chunk.

    The quietest, because a busy neighbour on the other half of the core slows a whole process down; of the estimators tried on
    30 rounds this had the least spread (2 % of the ratios with 9 rounds, the plain median 3 %) and all agreed on the figures.
    """
    taken = {w: [] for w in workloads}
    for _ in range(REPEATS):
        for workload, values in taken.items():
            command = [host.built("pingpong"), workload, str(cpu), str(iterations // REPEATS), *workloads[workload]]
            values.append(float(host.output_of(command).split()[0]))
    return {w: min(v) for w, v in taken.items()}


class Round:
    """One pass over all variants, with a baseline before, between and after them."""

    def __init__(self, chosen, cpu, iterations, workloads):
        self.base, self.disturbed, measured = [sample(cpu, iterations, workloads)], set(), {}
        for variant in chosen:
            for _ in range(TRIES):
                host.progress(f"system calls: {variant.name}")
                measured[variant.name], nothing, strangers = with_and_without(variant, cpu, iterations, workloads)
                if not strangers:
                    break
            else:
                self.disturbed.add(variant.name)
            self.base.append(nothing)
        nothing = {w: stats.median([b[w] for b in self.base]) for w in workloads}
        self.added = {name: {w: values[w] - nothing[w] for w in workloads} for name, values in measured.items()}


def with_and_without(variant, cpu, iterations, workloads):
    """A sample with the variant, one after it, and the programs of others that were at the same hooks at any time."""
    strangers = host.strangers_at_system_calls(None)
    with variant.attached() as child:
        attached = sample(cpu, iterations, workloads)
        strangers |= host.strangers_at_system_calls(child.pid)
    host.wait_until(lambda: not host.attachments(child.pid), 3)
    nothing = sample(cpu, iterations, workloads)
    return attached, nothing, strangers | host.strangers_at_system_calls(None)


def order(chosen, number):
    """Another order in every round, so that no variant always follows the same one."""
    turn = number % len(chosen)
    turned = chosen[turn:] + chosen[:turn]
    return turned if number % 2 == 0 else turned[::-1]


def measure(chosen, cpu, rounds, iterations, workloads):
    taken = [Round(order(chosen, number), cpu, iterations, workloads) for number in range(rounds)]
    host.progress("")
    disturbed = sorted(set().union(*(r.disturbed for r in taken)))
    if disturbed:
        print(f"  note: others had programs attached to system calls, {TRIES} times in a row, beside: {', '.join(disturbed)}")
    return taken


def series(rounds, name, workload):
    return [r.added[name][workload] for r in rounds]


def run(options, iopath):
    print(f"\nns added per system call (on-CPU time, {options.iterations:,} x 2 calls a sample, medians of {options.rounds} rounds on CPU "
          f"{options.cpu}; ± half the quartiles' distance)")
    wanted = [variants.floor("empty_", FLOOR), variants.floor("clock_", "floor + clock reads"),
              variants.floor("storage_", "floor + clock + task storage"), *([iopath] if iopath else []),
              *map(variants.also, options.also), *variants.syscount_tools(), variants.bpftrace(variants.HISTOGRAM, BPFTRACE)]
    chosen = variants.startable(wanted)
    if not chosen:
        return {"rows": [], "targets": []}
    rounds = measure(chosen, options.cpu, options.rounds, options.iterations, WORKLOADS)
    names = [v.name for v in chosen]
    reference = reference_names(rounds, names)
    table, rows = [], []
    baselines = {w: [b[w] for r in rounds for b in r.base] for w in WORKLOADS}
    table.append(["baseline: nothing attached (ns per call)", stats.number(stats.median(baselines["pipe"])),
                  f"±{stats.spread(baselines['pipe']):.0f}", stats.number(stats.median(baselines["getppid"])), "", "", ""])
    rows.append({"name": "none", "baseline_ns": {w: stats.median(v) for w, v in baselines.items()}})
    for name in names:
        row = one_row(rounds, name, reference)
        rows.append(row)
        table.append([name, stats.number(row["pipe_ns"]), f"±{row['pipe_spread_ns']:.0f}", stats.number(row["getppid_ns"]),
                      *(stats.number(row["ratios"].get(key), 2) for key in ("floor", "syscount", "bpftrace"))])
    stats.print_table(["attached", "pipe", "", "getppid", "/floor", "/syscount", "/bpftrace"], table)
    return {"rows": rows, "targets": targets(rounds, names, reference)}


def reference_names(rounds, names):
    """The row that stands for each reference: of two syscounts that both start, the cheaper one, which is the harder target."""
    counts = [n for n in names if n.startswith("syscount")]
    cheapest = min(counts, key=lambda n: stats.median(series(rounds, n, "pipe")), default=None)
    found = {"floor": FLOOR, "syscount": cheapest, "bpftrace": BPFTRACE}
    return {key: name for key, name in found.items() if name in names}


def one_row(rounds, name, reference):
    pipe, other = series(rounds, name, "pipe"), series(rounds, name, "getppid")
    ratios = {key: stats.ratio(pipe, series(rounds, against, "pipe")) for key, against in reference.items()}
    return {"name": name, "pipe_ns": stats.median(pipe), "pipe_spread_ns": stats.spread(pipe), "pipe_by_round_ns": pipe,
            "getppid_ns": stats.median(other), "getppid_spread_ns": stats.spread(other), "ratios": ratios}


def targets(rounds, names, reference):
    verdicts = []
    for title, key, limit in TARGETS:
        value = spread = None
        if IOPATH in names and key in reference:
            ours, theirs = series(rounds, IOPATH, "pipe"), series(rounds, reference[key], "pipe")
            value, spread = stats.ratio(ours, theirs), stats.ratio_spread(ours, theirs)
        verdicts.append(stats.verdict(title, value, limit, digits=3, spread=spread))
    stats.print_verdicts(verdicts)
    return verdicts
