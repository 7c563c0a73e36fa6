# SPDX-License-Identifier: GPL-2.0-only
"""The tools: every one that Debian packages for storage, file systems, the scheduler (with interrupts) and TCP, how it
is run by its own usage text, and the output that guest/activity.py must make it print.

Left out: of other subjects (memory: drsnoop, slabratetop; locks: klockstat; processes, signals, names, system calls),
and those that no guest can show anything: mdflush (no md array), nfsdist and nfsslower (no server), swapin (no swap),
llcstat, cpufreq and numamove (no PMU, no frequencies, one node). fsdist and fsslower count under their packaged names
(ext4dist and so on)."""
from dataclasses import asdict, dataclass

GROUPS = ("storage", "file system", "scheduler", "TCP")
LIBBPF = "libbpf-tools"
BPFTRACE = "bpftrace"
PACKAGES = (LIBBPF, BPFTRACE)
BESIDE = ("libc6-dev",)  # some of bpftrace's tools include its files, and the kernel's headers

US = r"(?m)^\s*\d+ -> \d+\s*:\s*[1-9]"  # a row of a histogram that is not empty
LENGTHS = r"(?m)^\s*\d+\s+: [1-9]\d*\s+\|"  # of one that is not of powers of two
HIST = r"(?m)^[\[(][-\d\w, ]+[\])]\s+[1-9]\d*\s*\|"  # the same of bpftrace
OURS = r"(?m)^.*\bactivity\b"  # guest/activity.py by name
# How a tool's data is got: it prints and ends by itself; it prints what happens, until it is interrupted; it prints
# when it is interrupted.
ENDS, STREAMS, SUMS_UP = "ends", "streams", "sums up"


@dataclass(frozen=True)
class Tool:
    package: str
    group: str
    name: str
    arguments: tuple
    data: str  # what its output must match
    way: str = ENDS
    lossy: bool = False  # wants packets that are lost

    def for_guest(self):
        return {**asdict(self), "arguments": list(self.arguments)}


def _libbpf(group, rows):
    return [Tool(LIBBPF, group, name, tuple(arguments.split()), data, way) for name, arguments, data, way in rows]


def _bpftrace(group, rows):
    return [Tool(BPFTRACE, group, f"{name}.bt", (), data, way, bool(lossy)) for name, data, way, *lossy in rows]


def tools():
    return [
        *_libbpf("storage", [
            ("biolatency", "2 1", US, ENDS),
            ("biopattern", "2 1", r"(?m)^.*\bvd[a-z]\b.*\s[1-9]\d*\s", ENDS),
            ("biosnoop", "", OURS, STREAMS),
            ("biostacks", "2", US, ENDS),
            ("biotop", "-C 2 1", OURS, ENDS),
            ("bitesize", "2 1", US, ENDS),
        ]),
        *_libbpf("file system", [
            *((f"{fs}dist", "2 1", US, ENDS) for fs in ("ext4", "xfs", "btrfs")),
            *((f"{fs}slower", "-m 0", OURS, STREAMS) for fs in ("ext4", "xfs", "btrfs")),
            ("cachestat", "2 1", r"(?m)^\s*(?:[1-9]\d*\s+\d+|\d+\s+[1-9]\d*)\s+\d+\s+[\d.]+%", ENDS),
            ("filelife", "", r"(?m)^.*\bactivity\b.*\bshort-lived\b", STREAMS),
            ("filetop", "-C 2 1", OURS, ENDS),
            ("mountsnoop", "", OURS, STREAMS),
            ("opensnoop", "", OURS, STREAMS),
            ("readahead", "-d 2", r"total pages: \d+/[1-9]", ENDS),
            ("statsnoop", "", OURS, STREAMS),
            ("vfsstat", "2 1", r"(?m)^\S+:?\s.*[1-9]\d*", ENDS),
        ]),
        *_libbpf("scheduler", [
            ("cpudist", "2 1", US, ENDS),
            ("hardirqs", "2 1", r"(?m)^.*virtio\S*\s+[1-9]", ENDS),
            ("offcputime", "2", OURS, ENDS),
            ("runqlat", "2 1", US, ENDS),
            ("runqlen", "2 1", LENGTHS, ENDS),
            ("runqslower", "10", OURS, STREAMS),
            ("softirqs", "2 1", r"(?m)^(?:net_rx|block|timer|sched|rcu)\s+[1-9]", ENDS),
            ("wakeuptime", "2", OURS, ENDS),
        ]),
        *_libbpf("TCP", [
            ("bindsnoop", "", OURS, STREAMS),
            ("solisten", "", OURS, STREAMS),
            ("tcpconnect", "", OURS, STREAMS),
            ("tcpconnlat", "", OURS, STREAMS),
            ("tcplife", "", OURS, STREAMS),
            ("tcprtt", "-i 2 -d 2", US, ENDS),
            ("tcpstates", "", OURS, STREAMS),
            ("tcpsynbl", "2 1", US, ENDS),
            ("tcptop", "-C 2 1", OURS, ENDS),
            ("tcptracer", "", OURS, STREAMS),
        ]),
        *_bpftrace("storage", [
            ("biolatency", HIST, SUMS_UP),
            ("biosnoop", OURS, STREAMS),
            ("biostacks", HIST, SUMS_UP),
            ("bitesize", HIST, SUMS_UP),
        ]),
        *_bpftrace("file system", [
            ("dcsnoop", OURS, STREAMS),
            ("opensnoop", OURS, STREAMS),
            ("statsnoop", OURS, STREAMS),
            ("syncsnoop", OURS, STREAMS),
            ("vfscount", r"(?m)^@\[vfs_\w+\]: [1-9]", SUMS_UP),
            ("vfsstat", r"(?m)^@\[vfs_\w+\]: [1-9]", STREAMS),
            ("writeback", r"(?m)^[\d:]{8}\s+\S+\s+[1-9]", STREAMS),
            ("xfsdist", HIST, SUMS_UP),
        ]),
        *_bpftrace("scheduler", [
            ("cpuwalk", HIST, SUMS_UP),
            ("loads", r"load averages: .*[1-9]", STREAMS),
            ("runqlat", HIST, SUMS_UP),
            ("runqlen", HIST, SUMS_UP),
        ]),
        *_bpftrace("TCP", [
            ("tcpaccept", OURS, STREAMS),
            ("tcpconnect", OURS, STREAMS),
            ("tcpdrop", r"(?m)^[\d:]{8} .*127\.0\.0\.1:", STREAMS, True),
            ("tcplife", OURS, STREAMS),
            ("tcpretrans", r"(?m)^[\d:]{8} .*127\.0\.0\.1:", STREAMS, True),
            ("tcpsynbl", HIST, SUMS_UP),
        ]),
    ]
