# SPDX-License-Identifier: GPL-2.0-only
"""The command lines of scripts/matrix and scripts/refresh-facts."""
import argparse
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from vm import errors
from vm.architectures import ARCHITECTURES, NATIVE, find_qemu
from vm.request import ROOT

from . import golden, guests, table
from .results import Results

BAD_LUCK_SERIES = ("5.10", "6.1")  # and the newest: locked down and otherwise troubled
SHORT_KERNELS = ("6.1", "newest")


def end(number, _frame):
    raise SystemExit(128 + number)


def matrix_options(arguments):
    parser = argparse.ArgumentParser(prog="matrix", allow_abbrev=False, description="Tests one iopath on many kernels, each in a virtual machine. "
                                     "One line a check, then a table; the last line is their sum.")
    parser.add_argument("kernels", nargs="*", metavar="KERNEL", help="a series such as 6.1, or newest (default: one of each that users have)")
    parser.add_argument("--all", action="store_true", help="every kernel that the mirror has")
    parser.add_argument("--short", action="store_true", help="a part that takes minutes, on 6.1 and the newest")
    parser.add_argument("--record", action="store_true", help="record facts and the verifier's cost instead of comparing them")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="virtual machines at once (default: %(default)s)")
    parser.add_argument("--iopath", default="", metavar="BINARY", help="the iopath to test (default: build/dev/iopath)")
    parser.add_argument("--workload", default="", metavar="BINARY", help="the tests' workload (default: build/dev/tests/workload)")
    parser.add_argument("--json", default="", metavar="FILE", help="what every kernel recorded")
    return parser.parse_args(arguments)


def check_recorded(results, series, record, write):
    """The checks that compare with what is kept."""
    if not record.get("doctor") or not record.get("verified"):
        results.add("FAIL", f"vm/{series}.facts", "the guest recorded nothing")
        return
    report, cost = record["doctor"]["report"], record["verified"]
    if write:
        golden.write_facts(series, report)
        golden.write_verifier(series, cost)
    for name, problems in (("facts", golden.facts_problems(series, report)), ("verifier", golden.verifier_problems(series, cost))):
        if problems:
            problems.append("if that is meant: scripts/refresh-facts " + series)
        elif name == "verifier" and not any(cost.values()):
            results.add("SKIP", f"vm/{series}.verifier", "this kernel does not say what verifying took (5.16 is the first)")
            continue
        results.add("FAIL" if problems else "PASS", f"vm/{series}.{name}", "\n".join(problems))


def plan(kernels, options):
    """[(kernel, length)], the long ones first, so that no machine is left alone at the end."""
    length = "short" if options.short else "long"
    newest = kernels[-1].series if kernels else ""
    troubled = [kernel for kernel in kernels if kernel.series in (*BAD_LUCK_SERIES, newest)]
    return [(kernel, length) for kernel in kernels] + [(kernel, "lockdown") for kernel in troubled]


def run_all(kernels, options, results):
    """{series: what its guest recorded}."""
    records = {}
    with ThreadPoolExecutor(options.jobs) as pool:
        jobs = [(kernel, length, pool.submit(guests.Guest(kernel, length, results, options.iopath, options.workload).run))
                for kernel, length in plan(kernels, options)]
        try:
            for kernel, length, job in jobs:
                record = job.result()
                if length == "lockdown":
                    continue
                check_recorded(results, kernel.series, record, options.record)
                if record.get("ways"):
                    records[kernel.series] = record
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            guests.Guest.end_all()
            raise
    return records


def matrix(arguments):
    options = matrix_options(arguments)
    results = Results()
    names = options.kernels or (SHORT_KERNELS if options.short else [])
    try:
        find_qemu(ARCHITECTURES[NATIVE])
        kernels, skipped = guests.choose(names, options.all)
    except errors.VmError as reason:
        results.add("SKIP", "vm/all", str(reason))
        kernels, skipped = [], []
    for name, reason in skipped:
        results.add("SKIP", f"vm/{name}", reason)
    kernels.sort(key=lambda kernel: [int(part) for part in kernel.series.split(".")])
    began = time.monotonic()
    records = run_all(kernels, options, results)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(records, file)
    if records:
        print(f"\n{table.render(records, sys.stdout.isatty() and 'NO_COLOR' not in os.environ)}\n")
    print(f"{len(records)} kernels in {time.monotonic() - began:.0f} s")
    print(results.sum(), flush=True)
    return 1 if results.counts["FAIL"] else 0


def refresh_options(arguments):
    parser = argparse.ArgumentParser(prog="refresh-facts", allow_abbrev=False, description="Records anew what doctor says on every kernel "
                                     "(tests/golden/facts) and what verifying took (tests/golden/verifier).")
    parser.add_argument("kernels", nargs="*", metavar="KERNEL", help="a series such as 6.1, or newest (default: those of scripts/matrix)")
    parser.add_argument("--host", default="", metavar="NAME", help="also this machine's kernel, under that name")
    parser.add_argument("--iopath", default="", metavar="BINARY", help="the iopath to ask (default: build/dev/iopath)")
    parser.add_argument("--workload", default="", metavar="BINARY", help="the tests' workload (default: build/dev/tests/workload)")
    return parser.parse_args(arguments)


def ask_host(iopath, name):
    done = subprocess.run([iopath or os.path.join(ROOT, "build", "dev", "iopath"), "doctor", "--json"], capture_output=True, check=False)
    if done.returncode:
        raise errors.Failed(f"doctor on this host: {done.stderr.decode(errors='replace').strip()}")
    golden.write_facts(name, json.loads(done.stdout))


def refresh(arguments):
    options = refresh_options(arguments)
    kernels, skipped = guests.choose(options.kernels, False)
    for name, reason in skipped:
        print(f"{name}: skipped: {reason}")
    status = 0
    for kernel in kernels:
        results = Results()
        record = guests.Guest(kernel, "facts", results, options.iopath, options.workload).run()
        # A test that fails still lets the others say what they saw.
        if results.counts["FAIL"]:
            status = 1
        if not record.get("doctor"):
            print(f"{kernel.series}: nothing recorded")
            continue
        golden.write_facts(kernel.series, record["doctor"]["report"])
        golden.write_verifier(kernel.series, record["verified"])
        print(f"{kernel.series}: {kernel.release}, {len(record['verified'])} programs, {table.verified(record)} instructions verified", flush=True)
    if options.host:
        ask_host(options.iopath, options.host)
        print(f"{options.host}: this host")
    return status


def main(command, arguments):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    try:
        return command(arguments)
    except errors.VmError as problem:
        print(f"{command.__name__.replace('_', '-')}: {problem}", file=sys.stderr)
        return problem.status
