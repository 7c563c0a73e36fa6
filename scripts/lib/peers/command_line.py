# SPDX-License-Identifier: GPL-2.0-only
"""The command line of scripts/peers-matrix."""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

from matrix import command_line
from matrix.guests import choose
from vm import errors
from vm.architectures import ARCHITECTURES, NATIVE, find_qemu
from vm.kernels import parse, series_key
from vm.request import binary

from . import catalogue, guests, table


def parse_options(arguments):
    parser = argparse.ArgumentParser(
        prog="peers-matrix", allow_abbrev=False, description="Runs Debian's libbpf-tools and bpftrace tools for storage, file systems, the "
        "scheduler and TCP on many kernels, each in a virtual machine where all of that goes on, and counts those that start and print it; "
        "beside them iopath: its probes, and whether it counts a known workload exactly.")
    parser.add_argument("kernels", nargs="*", metavar="KERNEL", help="a series such as 6.1, or newest (default: those of scripts/matrix)")
    parser.add_argument("--tool", action="append", default=[], metavar="NAME", help="only this tool; may be repeated")
    parser.add_argument("--iopath", default="", metavar="BINARY", help="the iopath to run (default: build/dev/iopath)")
    parser.add_argument("--verbose", action="store_true", help="a line for each tool and kernel as they come")
    parser.add_argument("--markdown", action="store_true", help="the table as Markdown, with date and versions")
    parser.add_argument("--json", default="", metavar="FILE", help="also everything that was seen, output of the tools included")
    options = parser.parse_args(arguments)
    names = [tool.name for tool in catalogue.tools()]
    for name in options.tool:
        if name not in names:
            parser.error(f"unknown tool {name}: one of {', '.join(names)}")
    for name in options.kernels:
        try:
            if parse(name)[1] != NATIVE:
                parser.error(f"{name}: iopath is built for {NATIVE} here")
        except errors.Refused as problem:
            parser.error(str(problem))
    if options.json:
        try:
            with open(options.json, "a", encoding="utf-8"):
                pass
        except OSError as problem:
            parser.error(f"cannot write {options.json}: {problem.strerror}")
    return options


def on_tool(kernel, verbose):
    def show(tool):
        if verbose:
            reason = f"  {table.short(tool['reason'])}" if tool["reason"] else ""
            print(f"{kernel.series:5} {tool['verdict']:7} {tool['tool']} ({tool.get('seconds', 0):.1f} s){reason}", flush=True)
    return show


def run_all(kernels, options, iopath, keep):
    """([record], [(kernel, why its guest failed)]). `keep` is called with both after each kernel: all take most of an hour."""
    tools = [tool for tool in catalogue.tools() if not options.tool or tool.name in options.tool]
    records, failed = [], []
    for kernel in kernels:
        print(f"peers-matrix: {kernel.release}, {len(tools)} tools", file=sys.stderr, flush=True)
        try:
            records.append(guests.run(kernel, iopath, tools, on_tool(kernel, options.verbose)))
        except (errors.Failed, errors.TimedOut) as problem:
            failed.append((kernel, problem))
            print(f"peers-matrix: {problem}", file=sys.stderr, flush=True)
            continue
        finally:
            keep(records, failed)
        if options.verbose:
            iopath_row = records[-1]["iopath"]
            print(f"{kernel.series:5} iopath {iopath_row['lit']} of {iopath_row['of']} probes lit, exact: {table.exact(records[-1])}; "
                  f"{records[-1]['seconds']} s", flush=True)
    return records, failed


def find_iopath(options):
    try:
        return binary(options.iopath, "iopath", NATIVE, "--iopath")
    except errors.Refused as problem:
        raise errors.Refused(str(problem).replace(", or do without (--no-iopath)", "")) from None


def version_of(iopath):
    done = subprocess.run([iopath, "--version"], capture_output=True, text=True, check=False)
    return done.stdout.strip().removeprefix("iopath ") or "of unknown version"


def peers_matrix(arguments):
    options = parse_options(arguments)
    find_qemu(ARCHITECTURES[NATIVE])
    given = find_iopath(options)
    kernels, skipped = choose(options.kernels, False)
    for name, reason in skipped:
        print(f"skipped: {name}: {reason}")
    if not kernels:
        return 0
    kernels.sort(key=lambda kernel: series_key(kernel.series))
    with tempfile.TemporaryDirectory(prefix="iopath-peers-") as folder:
        # A copy: a build meanwhile would change what is compared.
        iopath = shutil.copy2(given, os.path.join(folder, "iopath"))
        versions = {**guests.package_versions(NATIVE), "iopath": version_of(iopath)}
        print(", ".join(f"{name} {version}" for name, version in versions.items()), flush=True)
        date = time.strftime("%Y-%m-%d", time.gmtime())

        def keep(records, failed):
            if options.json:
                with open(options.json, "w", encoding="utf-8") as file:
                    json.dump({"schema": "iopath.peers/1", "date": date, "versions": versions, "kernels": records,
                               "skipped": [{"kernel": name, "why": reason} for name, reason in skipped],
                               "failed": [{"kernel": kernel.series, "why": str(problem)} for kernel, problem in failed]}, file, indent=1)

        records, failed = run_all(kernels, options, iopath, keep)
    if records:
        print("\n" + (table.markdown(records, versions, date) if options.markdown else table.render(records)))
    for kernel, problem in failed:
        print(f"failed: {kernel.name}: {str(problem).splitlines()[0]}")
    return 1 if failed else 0


def main(arguments):
    return command_line.main(peers_matrix, arguments)
