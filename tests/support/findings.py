# SPDX-License-Identifier: GPL-2.0-only
"""Reads the sentences of findings, as a person would: figures with their units."""
import re

BLOCK = ("device-bound", "flush-bound", "queue-wait", "io-throttled", "io-error")
UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1}


def said(finding):
    return " ".join([finding["summary"], *finding["evidence"]])


def number(finding, pattern):
    """The number that stands where NUMBER does in the pattern: a count, a mean."""
    found = re.search(pattern.replace("NUMBER", r"(\d[\d,.]*\d|\d)"), said(finding))
    if not found:
        raise AssertionError(f"no '{pattern}' in: {said(finding)}")
    return float(found.group(1).replace(",", ""))


def seconds(finding, pattern):
    """Likewise of a duration."""
    found = re.search(pattern.replace("TIME", r"(\d[\d.]*)(ns|us|ms|s)\b"), said(finding))
    if not found:
        raise AssertionError(f"no '{pattern}' in: {said(finding)}")
    return float(found.group(1)) * UNITS[found.group(2)]


def only(case, report, identity, device):
    """The first finding of a report: it has to be this one, of this device, and no other of the block layer beside it."""
    case.assertTrue(report["findings"], "nothing was found")
    finding = report["findings"][0]
    case.assertEqual((finding["id"], finding["subject"]["device"]), (identity, device), report.finding_ids())
    case.assertEqual([one for one in report.finding_ids() if one in BLOCK], [identity])
    return finding
