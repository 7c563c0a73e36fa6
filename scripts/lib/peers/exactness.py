# SPDX-License-Identifier: GPL-2.0-only
"""Whether what iopath reported of guest/exact.py is what that did."""
COUNTS = {"direct_reads": 40, "writes": 25, "pings": 30, "refused": 3}
FILE_SYSTEMS = ("ext4", "xfs", "btrfs")
BLOCK = 4096


def expected(counts=None):
    """{(op, target, fs): {field: value}} of the workload."""
    counts = counts or COUNTS
    rows = {}
    for fs in FILE_SYSTEMS:
        rows["read", "file", fs] = {"count": counts["direct_reads"], "bytes": counts["direct_reads"] * BLOCK, "errors": 0}
        rows["write", "file", fs] = {"count": counts["writes"], "bytes": counts["writes"] * BLOCK, "errors": 0}
        rows["sync", "file", fs] = {"count": counts["writes"], "bytes": 0, "errors": 0}
    both_ends = 2 * counts["pings"]
    rows["send", "tcp", ""] = {"count": both_ends, "bytes": both_ends, "errors": 0}
    rows["recv", "tcp", ""] = {"count": both_ends, "bytes": both_ends, "errors": 0}
    rows["accept", "tcp", ""] = {"count": 1, "errors": 0}
    rows["connect", "tcp", ""] = {"count": 1 + counts["refused"], "errors": counts["refused"]}
    return rows


def differences(report, counts=None):
    """Lines that say what the report has otherwise; none where it is exact."""
    found = []
    for (op, target, fs), fields in expected(counts).items():
        rows = [row for row in report["operations"] if (row["op"], row["target"], row["fs"]) == (op, target, fs)]
        for field, value in fields.items():
            reported = sum(row[field] for row in rows)
            if reported != value:
                found.append(f"{op} {target} {fs}".rstrip() + f": {reported} {field}, not {value}")
    if report["ledger"]["imbalanced"]:
        found.append(f"{report['ledger']['imbalanced']} ledgers do not balance")
    return found
