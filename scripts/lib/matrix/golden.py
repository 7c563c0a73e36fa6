# SPDX-License-Identifier: GPL-2.0-only
"""What is recorded of each kernel: the facts that doctor found (tests/golden/facts), and the instructions that the
verifier walked for each program (tests/golden/verifier)."""
import json
import os

from vm.request import ROOT

GOLDEN = os.path.join(ROOT, "tests", "golden")
GROWTH = 0.20
ALLOWANCE = 200  # instructions; a fifth of a small program is nothing


def facts_path(series):
    return os.path.join(GOLDEN, "facts", f"{series}.json")


def verifier_path(series):
    return os.path.join(GOLDEN, "verifier", f"{series}.txt")


def facts_document(report):
    """doctor's report without what is the machine's and not the kernel's; verifying has a file of its own."""
    host = {name: report["host"][name] for name in ("kernel", "arch")}
    coverage = [{name: line[name] for name in ("probe", "layer", "how", "reason", "programs")}
                for line in report["coverage"] if line["layer"] != "uring"]
    return {"host": host, "coverage": coverage, "facts": report["facts"]}


def text_of(document):
    """JSON with a line for each entry, so that differences can be read."""
    parts = [f'"host": {json.dumps(document["host"])}']
    for name in ("coverage", "facts"):
        lines = ",\n".join(f"  {json.dumps(entry)}" for entry in document[name])
        parts.append(f'"{name}": [\n{lines}\n ]')
    return "{\n " + ",\n ".join(parts) + "\n}\n"


def write_facts(series, report):
    os.makedirs(os.path.dirname(facts_path(series)), exist_ok=True)
    with open(facts_path(series), "w", encoding="utf-8") as file:
        file.write(text_of(facts_document(report)))


def write_verifier(series, cost):
    os.makedirs(os.path.dirname(verifier_path(series)), exist_ok=True)
    with open(verifier_path(series), "w", encoding="utf-8") as file:
        for name, walked in sorted(cost.items()):
            file.write(f"{name} {'unknown' if walked is None else walked}\n")


def read_verifier(series):
    with open(verifier_path(series), encoding="utf-8") as file:
        pairs = [line.split() for line in file]
    return {name: None if walked == "unknown" else int(walked) for name, walked in pairs}


def facts_problems(series, report):
    """In what the recording is no longer what doctor says: the ways of attaching, not the kernel's version."""
    try:
        with open(facts_path(series), encoding="utf-8") as file:
            recorded = json.load(file)
    except FileNotFoundError:
        return ["nothing is recorded of this kernel"]
    then, now = ({line["probe"]: line["how"] for line in document["coverage"]}
                 for document in (recorded, facts_document(report)))
    return [f"{probe}: recorded {then.get(probe, 'not at all')}, now {now.get(probe, 'not at all')}"
            for probe in sorted(then.keys() | now.keys()) if then.get(probe) != now.get(probe)]


def verifier_problems(series, cost):
    """Programs that take the verifier more than a fifth longer than recorded, or of which nothing is recorded."""
    try:
        recorded = read_verifier(series)
    except FileNotFoundError:
        return ["nothing is recorded of this kernel"]
    problems = []
    for name, walked in sorted(cost.items()):
        if name not in recorded:
            problems.append(f"{name}: not recorded")
        elif walked is not None and recorded[name] is not None and walked > recorded[name] * (1 + GROWTH) + ALLOWANCE:
            problems.append(f"{name}: {recorded[name]} instructions before, {walked} now")
    return problems
