# SPDX-License-Identifier: GPL-2.0-only
"""The table: a probe a row, a kernel a column."""

LEGEND = "way: how the probe attaches; +n: further ways that were forced and worked; -: dark, this kernel has no such event"


def cell(ways):
    if not ways:
        return "-"
    return ways[0] + (f" +{len(ways) - 1}" if len(ways) > 1 else "")


def verified(record):
    known = [walked for walked in record["verified"].values() if walked is not None]
    return f"{sum(known):,}" if known else "unknown"


def render(records, colour=False):
    """`records`: {series: what its guest recorded}."""
    probes = {}  # with their layers, in the order of the first kernel that has them
    for record in records.values():
        for name, probe in record["ways"].items():
            probes.setdefault(name, probe["layer"])
    layers = list(dict.fromkeys(probes.values()))
    rows = [(layer, name, [cell(record["ways"].get(name, {"hows": []})["hows"]) for record in records.values()])
            for layer in layers for name in probes if probes[name] == layer]
    totals = [verified(record) for record in records.values()]
    lit = [str(sum(bool(probe["hows"]) for probe in record["ways"].values())) for record in records.values()]
    first = max(len(layer) for layer in layers)
    second = max(len(name) for name in [*probes, "instructions verified"])
    widths = [max(len(text) for text in column) for column in zip(*(cells for _, _, cells in rows), totals, lit, records)]

    def line(layer, name, cells, style=""):
        text = f"{layer:{first}}  {name:{second}}  " + "  ".join(f"{text:{width}}" for text, width in zip(cells, widths))
        return f"\033[{style}m{text.rstrip()}\033[0m" if colour and style else text.rstrip()

    lines = [line("layer", "probe", records, "1"), "-" * (first + second + 2 + sum(width + 2 for width in widths))]
    before = ""
    for layer, name, cells in rows:
        lines.append(line("" if layer == before else layer, name, cells, "33" if "-" in cells else ""))
        before = layer
    lines += [lines[1], line("", "probes lit", lit, "1"), line("", "instructions verified", totals, "1"), LEGEND]
    return "\n".join(lines)
