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
    """This finding has to come first, with this device as its subject, and no other of the block layer beside it. A lack
    of processors is the machine's, above all where it is emulated: it may come before."""
    found = [one for one in report["findings"] if one["id"] != "cpu-contention"]
    case.assertTrue(found, report.finding_ids())
    case.assertEqual((found[0]["id"], found[0]["subject"].get("device")), (identity, device), report.finding_ids())
    case.assertEqual([one for one in report.finding_ids() if one in BLOCK], [identity])
    return found[0]
