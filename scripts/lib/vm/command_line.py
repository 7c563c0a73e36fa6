# SPDX-License-Identifier: GPL-2.0-only
"""The command line of scripts/vm."""
import argparse
import sys

from . import kernels
from .architectures import ARCHITECTURES
from .errors import VmError


def list_kernels():
    lines = []
    for architecture in ARCHITECTURES:
        for kernel in kernels.every(architecture):
            if kernel.skipped:
                lines.append((kernel.series, architecture, f"skipped: {kernel.skipped}"))
            else:
                package, _, version = kernel.packages[0].partition("=")
                lines.append((kernel.series, architecture, kernel.suite, package, version,
                              "cached" if kernel.cached else "not cached"))
    widths = [max(len(line[i]) for line in lines if len(line) > 3 or i < 2) for i in range(5)]
    for line in lines:
        print("  ".join(word.ljust(width) for word, width in zip(line, widths + [0])).rstrip())
    return 0


def main(arguments):
    parser = argparse.ArgumentParser(prog="vm")
    parser.add_argument("--list", action="store_true")
    parser.parse_args(arguments)
    try:
        return list_kernels()
    except VmError as problem:
        print(f"vm: {problem}", file=sys.stderr)
        return problem.status
