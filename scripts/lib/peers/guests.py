# SPDX-License-Identifier: GPL-2.0-only
"""Boots a kernel, runs the tools in it (guest/run.py), and gives what they did."""
import json
import os
import re
import sys
import tempfile
import time

from vm import kernel_files, lab, rootfs
from vm.errors import Failed, Skipped
from vm.request import Request, parse_disk

from . import catalogue, exactness

GUEST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "guest")
THERE = "/root/peers"
DISKS = ("virtio:512M",) * len(exactness.FILE_SYSTEMS)
LIMIT = 3600  # seconds; a tool that hangs is ended by the guest's own limits
MEMORY = 2048
PACKAGES = [*catalogue.PACKAGES, *catalogue.BESIDE]


def package_versions(architecture):
    """{package: version} of the root file system that the tools come in."""
    path = os.path.join(rootfs.get(architecture, PACKAGES).folder, "packages")
    with open(path, encoding="utf-8") as file:
        found = dict(re.match(r"([^_]+)_([^_]+)_", line).groups() for line in file)
    return {name: found[name].replace("%3a", ":") for name in catalogue.PACKAGES}


def headers(kernel):
    """True where the kernel's can be had."""
    try:
        return bool(kernel_files.headers(kernel))
    except Skipped as reason:
        print(f"peers-matrix: {reason}: tools that need them fail", file=sys.stderr)
        return False


class Lines:
    """Calls `on_record` for each JSON object that the guest prints; keeps what it complains of."""

    def __init__(self, on_record):
        self.on_record = on_record
        self.pending = b""
        self.complaints = b""

    def take(self, port, data):
        if port == "err":
            self.complaints = (self.complaints + data)[-4000:]
        elif port == "out":
            *lines, self.pending = (self.pending + data).split(b"\n")
            for line in lines:
                self.on_record(json.loads(line))


def run(kernel, iopath, tools, on_tool):
    """The record of one kernel. `on_tool` is called with each tool's own as it comes."""
    record = {"kernel": kernel.series, "release": kernel.release, "version": kernel.version, "tools": []}
    began = time.monotonic()

    def take(fields):
        if "tool" in fields:
            record["tools"].append(fields)
            on_tool(fields)
        else:
            record.update(fields)

    lines = Lines(take)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as chosen:
        json.dump({"tools": [tool.for_guest() for tool in tools], "counts": exactness.COUNTS}, chosen)
        chosen.flush()
        result = lab.run(Request(
            kernel.name, ["python3", f"{THERE}/run.py"], disks=[parse_disk(disk) for disk in DISKS],
            modules=["xfs", "btrfs", "sch_netem"], memory=MEMORY, timeout=LIMIT, iopath=iopath, packages=PACKAGES, headers=headers(kernel),
            files=[(GUEST, THERE), (chosen.name, f"{THERE}/chosen.json")]), lines.take)
    if result.status or "iopath" not in record:
        raise Failed(f"{kernel.name}: status {result.status}: {lines.complaints.decode(errors='replace').strip()}")
    seen = record["iopath"]
    report = seen.pop("report", None)
    if report:
        seen["differences"] = exactness.differences(report)
        seen["losses"] = report["losses"]
        seen["operations"] = report["ledger"]["operations"]
    record["seconds"] = round(time.monotonic() - began)
    return record
