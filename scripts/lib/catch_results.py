#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Lists the test cases of a Catch2 XML report (version 2 or 3), one a line:

  pass|fail|skip <tab> name <tab> reason

A report that ends early, because the program died, ends with a `fail` of the case it was in.
"""

import sys
import xml.etree.ElementTree as ElementTree


def reason_of(case):
    """Where the first failed expectation stands, and what was expected."""
    for expression in case.iter("Expression"):
        if expression.get("success") == "false":
            text = " ".join((expression.findtext("Original") or "").split())
            return f"{expression.get('filename')}:{expression.get('line')}: {text}"
    for tag in ("Exception", "FatalErrorCondition", "Failure"):
        for element in case.iter(tag):
            return f"{tag}: {' '.join((element.text or '').split())}"
    return "failed"


def judge(case):
    overall = case.find("OverallResult")
    if overall is None:
        return "fail", "no result"
    if overall.get("success") != "true":
        return "fail", reason_of(case)
    if int(overall.get("skips", "0")) > 0:
        return "skip", " ".join((case.findtext(".//Skip") or "skipped").split())
    return "pass", ""


def main(path):
    running = None
    try:
        for event, element in ElementTree.iterparse(path, events=("start", "end")):
            if element.tag != "TestCase":
                continue
            running = element.get("name") if event == "start" else None
            if event == "end":
                state, reason = judge(element)
                print(f"{state}\t{element.get('name')}\t{reason}")
    except (ElementTree.ParseError, OSError) as error:
        print(f"fail\t{running or 'unit_tests'}\tthe program died here ({error})")


if __name__ == "__main__":
    main(sys.argv[1])
