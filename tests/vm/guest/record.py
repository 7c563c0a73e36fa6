# SPDX-License-Identifier: GPL-2.0-only
"""What the tests in a guest find out beside pass and fail, for the host: one JSON document."""
import json
import os

PATH = os.environ.get("IOPATH_VM_RECORD", "/root/record.json")


def read():
    try:
        with open(PATH, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return {}


def note(section, name, value):
    document = read()
    document.setdefault(section, {})[name] = value
    with open(PATH, "w", encoding="utf-8") as file:
        json.dump(document, file)


def note_programs(coverage):
    """Instructions that the verifier walked, of the programs of each lit probe; null: the kernel does not say."""
    document = read()
    cost = document.setdefault("verified", {})
    for line in coverage:
        if line.get("programs"):
            name, known = "+".join(line["programs"]), line["verified"]
            # A scope may leave out a part of a program: the longest counts.
            cost[name] = known if known is None else max(known, cost.get(name) or 0)
    with open(PATH, "w", encoding="utf-8") as file:
        json.dump(document, file)


def note_ways(coverage):
    """The ways of probes that were seen to attach each probe, in the order in which they were tried."""
    document = read()
    ways = document.setdefault("ways", {})
    for line in coverage:
        known = ways.setdefault(line["probe"], {"layer": line["layer"], "hows": []})
        if line["how"] != "dark" and line["how"] not in known["hows"]:
            known["hows"].append(line["how"])
    with open(PATH, "w", encoding="utf-8") as file:
        json.dump(document, file)
