# SPDX-License-Identifier: GPL-2.0-only
"""What is printed at the end: kernels in rows, kinds of tools in columns, and below it what shows nothing and why."""
import re

from .catalogue import BPFTRACE, GROUPS, LIBBPF

COLUMNS = [*((group, LIBBPF, group) for group in GROUPS), ("all", LIBBPF, None), ("bpftrace", BPFTRACE, None)]
LEGEND = "n/m: of m tools n start and print what went on beside them; probes: lit, of all that there are; exact: every " \
         "operation of a known workload was counted"
REASON = 90
SHORTER = (
    (r"^libbpf: ", ""),
    (r"^prog '([^']+)': (?:BPF program load failed|failed to load): (.*)", r"\1 is rejected (\2)"),
    (r"^prog '([^']+)': failed to find kernel BTF type ID of '([^']+)'.*", r"no \2 in the kernel"),
    (r"^prog '([^']+)': failed to attach: (.*)", r"\1 cannot be attached (\2)"),
    (r"^prog '([^']+)': failed to create (kprobe|kretprobe|uprobe) .*: ([^:]*)$", r"no \2 at \1 (\3)"),
    (r"^\S+\.bt:[-\d:]+ (?:WARNING|ERROR): ", ""),
    (r"^(\S+) is not traceable .*", r"\1 is not traceable"),
    (r"^Struct/union of type '([^']+)' does not contain a field named '([^']+)'", r"no field \2 in \1"),
    (r"^ERROR: ", ""),
)


def short(reason):
    """A tool's complaint in a few words."""
    for pattern, replacement in SHORTER:
        reason = re.sub(pattern, replacement, reason)
    return reason if len(reason) <= REASON else reason[:REASON - 3].rstrip() + "..."


def counted(record, package, group=None):
    """The tools of that kind that the package has."""
    return [tool for tool in record["tools"] if tool["package"] == package and group in (None, tool["group"]) and tool["verdict"] != "missing"]


def fraction(tools):
    return f"{sum(tool['verdict'] == 'data' for tool in tools)}/{len(tools)}" if tools else "-"


def exact(record):
    found = record["iopath"].get("differences")
    return "no" if found else "yes"


def cells(record):
    iopath = record["iopath"]
    return [record["release"], *(fraction(counted(record, package, group)) for _, package, group in COLUMNS),
            f"{iopath['lit']}/{iopath['of']}", exact(record)]


def heads():
    return ["kernel", *(head for head, _, _ in COLUMNS), "probes", "exact"]


def troubles(record):
    """[(package, "names: what is wrong")], tools with the same complaint together."""
    found = {}
    for tool in record["tools"]:
        if tool["verdict"] in ("fails", "empty"):
            reason = short(tool["reason"])
            text = "prints no data" + (f" ({reason})" if reason else "") if tool["verdict"] == "empty" else reason
            found.setdefault((tool["package"], text), []).append(tool["tool"])
    lines = [(package, f"{', '.join(names)}: {text}") for (package, text), names in found.items()]
    lines += [("iopath", difference) for difference in record["iopath"].get("differences", [])]
    dark = {}
    for probe, reason in record["iopath"]["dark"].items():
        dark.setdefault(reason, []).append(probe)
    return lines + [("iopath", f"{', '.join(probes)} dark: {reason}") for reason, probes in dark.items()]


def render(records):
    rows = [heads(), *(cells(record) for record in records)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]

    def line(row):
        return "  ".join([row[0].ljust(widths[0]), *(text.rjust(width) for text, width in zip(row[1:], widths[1:]))])

    above = f"{'':{widths[0]}}  {LIBBPF:<{sum(widths[1:6]) + 8}}  {'':>{widths[6]}}  iopath"
    parts = ["\n".join([above, *map(line, rows), LEGEND])]
    for record in records:
        parts.append("\n".join([f"{record['release']}:", *(f"  {package}: {text}" for package, text in troubles(record))]))
    return "\n\n".join(parts)


def markdown(records, versions, date):
    """For the README."""
    lines = [f"Run on {date} by `scripts/peers-matrix`: " + ", ".join(f"{name} {version}" for name, version in versions.items()) + ". "
             "n/m: of m tools n start and print what went on beside them.", "",
             "| kernel | " + " | ".join(f"{LIBBPF}: {head}" if package == LIBBPF else f"{head} tools" for head, package, _ in COLUMNS)
             + " | iopath: probes lit | counted exactly |", "|---|" + "---|" * (len(COLUMNS) + 2)]
    lines += ["| " + " | ".join(cells(record)) + " |" for record in records]
    for record in records:
        lines += ["", f"Not on {record['release']}:", ""]
        lines += [f"- {package}: {text}" for package, text in troubles(record)]
    return "\n".join(lines)
