#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Builds iopath for arm64 and boots a Debian arm64 kernel, where the unit tests and the exact-count tests run.

    tests/vm/test_arm64.py [--build-dir FOLDER] [KERNEL...]      KERNEL: 6.12/arm64

Prints the runners' lines and `PASS KERNEL`, `FAIL KERNEL` or `SKIP KERNEL  reason`. Exit status 77: all skipped. Takes
minutes: the processor is emulated. Tests of shares of time are left out, which that distorts."""
import argparse
import os
import re
import shlex
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SKIPPED = 77
LIMIT = 900  # seconds
EXACT = ["kernel/arm32", "kernel/calls", "23_direct_reads", "requests_equal", "failed_calls_are_errors",
         "a_file_on_tmpfs", "appends_and_fsyncs", "other_file_systems", "flushes_are_told",
         "another_alternative_gives_the_same", "softirqs_equal", "only_processes_of_that", "by_process_gives",
         "children_threads", "others_are_not_counted", "ping_pong_counts"]
HEADERS = ("usr/include/asm-generic/unistd.h", "usr/arm-linux-gnueabihf/include/asm/unistd-eabi.h")


def run(words):
    """(status, output), the output shown as it comes."""
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace") as process:
        lines = []
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    return process.returncode, "".join(lines)


def guest_script():
    tests = os.path.join(ROOT, "tests")  # where the unit tests were built, and look for their files
    patterns = " ".join(f"-k {shlex.quote(pattern)}" for pattern in EXACT)
    return f"""mkdir -p {shlex.quote(ROOT)} && ln -s /iopath/tests {shlex.quote(tests)} || exit
        /root/unit_tests; unit=$?
        python3 /iopath/tests/support/run_kernel_tests.py {patterns} && [ $unit -eq 0 ]"""


def try_kernel(kernel, build, sysroot):
    words = ["scripts/vm", kernel, "--tests", "--iopath", f"{build}/iopath", "--workload", f"{build}/tests/workload",
             "--memory", "2048", "--timeout", str(LIMIT), "--file", f"{build}/tests/unit_tests"]
    for path in HEADERS:
        words += ["--file", f"{sysroot}/{path}:/{path}"]
    return run([*words, "--", "sh", "-c", guest_script()])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build-dir", default=os.path.join(ROOT, "build", "arm64"))
    parser.add_argument("kernels", nargs="*", default=["6.12/arm64"])
    options = parser.parse_args()
    build = os.path.abspath(options.build_dir)
    status, output = run(["scripts/build-arm64", "--unit-tests", build])
    if status == 0:
        sysroot = subprocess.run(["scripts/lib/sysroot.py", "arm64"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    results = []
    for kernel in options.kernels:
        if status == 0:
            ended, output = try_kernel(kernel, build, sysroot)
        else:
            ended = status
        reason = re.findall(r"skipped: (.*)", output)
        results.append(ended)
        word = {0: "PASS", SKIPPED: "SKIP"}.get(ended, "FAIL")
        print(f"{word} {kernel}" + (f"  {reason[-1]}" if word == "SKIP" and reason else ""), flush=True)
    if all(ended == SKIPPED for ended in results):
        return SKIPPED
    return 1 if any(ended not in (0, SKIPPED) for ended in results) else 0


if __name__ == "__main__":
    sys.exit(main())
