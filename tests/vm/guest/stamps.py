# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's own trace of the requests of one disk (ftrace), to compare with."""
import collections
import os
import re

INSTANCE = "/sys/kernel/tracing/instances/iopath-test"
EVENTS = ("block_rq_issue", "block_rq_complete", "block_rq_requeue")
LINE = re.compile(r"^ *(?P<comm>.+)-\d+ +\[(?P<cpu>\d+)\].* (?P<time>\d+\.\d+): (?P<event>\w+): (?P<device>\d+,\d+) "
                  r"(?P<flags>\w+) .*?(?P<sector>\d+) \+ (?P<sectors>\d+) ")

Stamp = collections.namedtuple("Stamp", "time event sector sectors cpu comm")


class Stamps:
    """Traces from now on, in an instance of its own."""

    def __init__(self, disk):
        with open(f"/sys/block/{disk}/dev", encoding="ascii") as file:
            self.device = file.read().strip().replace(":", ",")
        os.makedirs(INSTANCE, exist_ok=True)
        for name, text in (("buffer_size_kb", "4096"), ("trace_clock", "mono"),
                           *((f"events/block/{event}/enable", "1") for event in EVENTS)):
            with open(f"{INSTANCE}/{name}", "w", encoding="ascii") as file:
                file.write(text)

    def stop(self):
        """All that was seen of reads."""
        found = []
        with open(f"{INSTANCE}/trace", encoding="utf-8", errors="replace") as file:
            for line in file:
                match = LINE.match(line)
                if match and match["device"] == self.device and match["flags"].startswith("R"):
                    found.append(Stamp(float(match["time"]), match["event"], int(match["sector"]), int(match["sectors"]),
                                       int(match["cpu"]), match["comm"].strip()))
        self.close()
        return found

    @staticmethod
    def close():
        if os.path.isdir(INSTANCE):
            os.rmdir(INSTANCE)


def pairs(stamps):
    """(issue, completion) of each request, by its first sector."""
    begun, found = {}, []
    for stamp in stamps:
        if stamp.event == "block_rq_issue":
            begun[stamp.sector] = stamp
        elif stamp.event == "block_rq_complete" and stamp.sector in begun:
            found.append((begun.pop(stamp.sector), stamp))
    return found
