# SPDX-License-Identifier: GPL-2.0-only
"""What holds for every report of iopath, whatever was watched (shared/contract.md, section 3).

problems(report) returns a list of sentences; it is empty where the report keeps its word.
"""
import math
import re

STAGES = ("cpu hardirq softirq preempted runqueue block_queue device completion helper lock throttle "
          "reclaim peer network net_rx timer other").split()
OPS = "read write sync open close metadata lock recv send connect accept splice".split()
TARGETS = "file blockdev pipe tcp udp unix socket other".split()
SEVERITIES = ("critical", "major", "minor", "info")
FINDINGS = """device-bound flush-bound queue-wait io-throttled journal-wait path-lookup lock-contention
    file-lock-wait cache-miss dirty-throttle memory-reclaim cpu-contention context-switch-storm
    interrupt-load softirq-load irq-imbalance small-io pipe-full pipe-empty pipe-small tcp-stack-cpu
    net-rx-delay tcp-loss send-buffer-full remote-wait listen-overflow connect-refused missing-file
    io-error""".split()

KEYS = {
    "report": "schema host interval scope operations in_flight file_locks kernel_locks block nvme interrupts softirqs "
              "commits helpers scheduler pipes network failures os_tax idle_seconds steal_seconds findings coverage losses ledger self",
    "host": "kernel arch cpus hostname",
    "interval": "start seconds",
    "operation": "op target fs device count bytes errors interrupted seconds idle_seconds latency switches "
                 "stages top",
    "stage": "stage seconds share count p50 p99 via",
    "in_flight": "op target fs device pid comm seconds stages",
    "block": "device op count bytes errors queue service depth_mean flushes merges requeues",
    "nvme": "device qid cpu submitted completed completed_elsewhere_share interrupts_elsewhere_share retries errors queue "
            "command completion",
    "interrupt": "irq name cpu count seconds latency",
    "softirq": "vector cpu count seconds latency delay",
    "kernel_lock": "caller type lock level op target fs device waits seconds max",
    "file_lock": "kind type device inode path name start end waiter holder waits seconds max open",
    "commits": "device count seconds latency phases asked_by handles blocks",
    "helper": "comm work device seconds waited_for_seconds for_helpers_seconds for_requests_seconds background_seconds "
              "stages",
    "scheduler": "switches migrations runqueue",
    "network": "tcp drops listen_overflows",
    "tcp": "retransmits resets_sent resets_received connect_failures srtt",
    "failure": "op errno path comm pid count",
    "finding": "id layer severity share seconds subject summary evidence advice",
    "coverage": "probe layer how reason",
    "loss": "reason count",
    "ledger": "operations imbalanced residual_seconds",
    "self": "bpf_seconds user_seconds rss_bytes",
    "latency": "count sum p50 p90 p99 p999 max buckets",
    "switches": "voluntary involuntary",
}
# What is not the software in the box: the rest of the time is OS tax.
NOT_SOFTWARE = ("device", "network", "peer", "timer", "throttle")
NANOSECOND = 1e-9
BUCKET = 2 ** (1 / 8)
# The histograms have no edge above this; the last bucket is bounded by the maximum instead.
LAST_EDGE = 2 ** (54 / 8)
FIRST_EDGE = 2.0 ** -25


class Checker:
    """Collects what is wrong, each with where it was found."""

    def __init__(self):
        self.problems = []

    def expect(self, holds, where, what):
        if not holds:
            self.problems.append(f"{where}: {what}")
        return holds

    def keys(self, kind, value, where):
        missing = [key for key in KEYS[kind].split() if not isinstance(value, dict) or key not in value]
        return self.expect(not missing, where, f"keys missing: {missing}")

    def numbers(self, value, names, where):
        for name in names.split():
            number = value[name]
            self.expect(isinstance(number, (int, float)) and not isinstance(number, bool)
                        and math.isfinite(number) and number >= 0, where, f"{name} is {number!r}")

    def latency(self, value, where):
        if not self.keys("latency", value, where):
            return
        self.numbers(value, "count sum", where)
        if value["count"] == 0:  # unknown is never printed as zero
            self.expect(value["sum"] == 0 and not value["buckets"], where, "counts nothing, yet has something")
            return
        self.numbers(value, "p50 p90 p99 p999 max", where)
        buckets = value["buckets"]
        bounds = [bound for bound, _ in buckets]
        self.expect(all(count > 0 for _, count in buckets), where, "an empty bucket is listed")
        self.expect(bounds == sorted(set(bounds)), where, f"bounds do not ascend: {bounds}")
        self.expect(sum(count for _, count in buckets) == value["count"], where,
                    f"buckets hold {sum(count for _, count in buckets)} of {value['count']}")
        for bound in bounds:
            if bound < LAST_EDGE:
                index = 8 * math.log2(bound)
                # 1e-6 of a bucket: a double printed with at least nine digits keeps that.
                self.expect(abs(index - round(index)) < 1e-6, where, f"{bound} is no bucket's edge")
        ranks = [value[name] for name in ("p50", "p90", "p99", "p999")]
        self.expect(ranks == sorted(ranks), where, f"percentiles do not ascend: {ranks}")
        self.expect(ranks[-1] <= value["max"] * BUCKET + NANOSECOND, where,
                    f"p999 {ranks[-1]} is above the maximum {value['max']} by more than a bucket")
        self.expect(value["max"] <= bounds[-1] + NANOSECOND, where, f"maximum {value['max']} lies above "
                    f"the last bucket, which ends at {bounds[-1]}")
        if FIRST_EDGE < bounds[-1] <= LAST_EDGE:
            self.expect(value["max"] >= bounds[-1] / BUCKET - NANOSECOND, where,
                        f"maximum {value['max']} lies below the last bucket, which ends at {bounds[-1]}")
        # Edges are whole nanoseconds: each value may stand one off its exact edge.
        slack = NANOSECOND * (value["count"] + 1)
        low = sum(bound / BUCKET * count for bound, count in buckets if bound > FIRST_EDGE)
        high = sum(max(bound, value["max"] if bound > LAST_EDGE else 0) * count for bound, count in buckets)
        self.expect(low * (1 - 1e-9) - slack <= value["sum"] <= high * (1 + 1e-9) + slack, where,
                    f"sum {value['sum']} is not within its buckets' {low} to {high}")

    def stages(self, stages, wall, where):
        """Stages exclude each other and sum to the wall time, to the nanosecond."""
        names = [stage.get("stage") for stage in stages]
        self.expect(len(set(names)) == len(names) and set(names) <= set(STAGES), where,
                    f"stages {names}")
        total = sum(stage["seconds"] for stage in stages)
        self.expect(abs(total - wall) <= NANOSECOND * max(1, len(stages)) + 1e-12 * wall, where,
                    f"stages sum to {total!r}, not to {wall!r}")
        for stage in stages:
            self.expect(0 <= stage["seconds"] <= wall + NANOSECOND, where,
                        f"stage {stage['stage']} has {stage['seconds']} of {wall}")

    def operation(self, row, where):
        if not self.keys("operation", row, where) or not self.keys("switches", row["switches"], where):
            return
        self.expect(row["op"] in OPS and row["target"] in TARGETS, where, "op or target is no word of ours")
        self.numbers(row, "count bytes errors interrupted seconds idle_seconds", where)
        self.expect(row["count"] == row["latency"]["count"], where,
                    f"count {row['count']}, latency.count {row['latency']['count']}")
        self.expect(row["errors"] + row["interrupted"] <= row["count"], where, "more failed than made")
        self.latency(row["latency"], where)
        self.expect(abs(row["latency"]["sum"] - row["seconds"]) <= 2 * NANOSECOND + 1e-12 * row["seconds"],
                    where, "latency.sum is not seconds")
        if not all(self.keys("stage", stage, where) for stage in row["stages"]):
            return
        self.stages(row["stages"], row["seconds"], where)
        if "sync" in row:
            parts = [seconds for name, seconds in row["sync"].items() if name != "merged"]
            self.expect(min(parts) >= 0 and abs(sum(parts) - row["seconds"]) <= 1e-6 * max(1, row["seconds"]), where,
                        f"parts of a sync {row['sync']} do not sum to {row['seconds']}")
            self.expect(row["sync"]["merged"] <= row["count"], where, "more shared a commit than were made")
        waits = sum(stage["seconds"] for stage in row["stages"]
                    if stage["stage"] in ("peer", "network", "timer"))
        self.expect(row["idle_seconds"] <= waits + 3 * NANOSECOND, where, "idle above its stages")
        if row["seconds"] > 0:
            shares = sum(stage["share"] for stage in row["stages"])
            # A share may be rounded to four digits.
            self.expect(abs(shares - 1) <= 5e-5 * len(row["stages"]) + 1e-9, where,
                        f"shares sum to {shares}")
        for stage in row["stages"]:
            self.stage(stage, row, f"{where} {stage['stage']}")
        self.ranked_part(row["top"], row["seconds"], f"{where} top", "pid comm seconds")

    def stage(self, stage, row, where):
        self.numbers(stage, "seconds share count p50 p99", where)
        self.expect(stage["count"] <= row["count"], where,
                    f"{stage['count']} operations had it, of {row['count']}")
        self.expect(stage["p50"] <= stage["p99"], where, "p50 above p99")
        if row["seconds"] > 0:
            self.expect(abs(stage["share"] - stage["seconds"] / row["seconds"]) <= 1e-4, where,
                        f"share {stage['share']} of {stage['seconds']} in {row['seconds']}")
        self.ranked_part(stage["via"], stage["seconds"], f"{where} via", "comm seconds")

    def ranked_part(self, entries, whole, where, names):
        """A list of parts of a whole, largest first."""
        if not self.expect(all(name in entry for entry in entries for name in names.split()), where,
                           f"lacks one of {names}"):
            return
        times = [entry["seconds"] for entry in entries]
        self.expect(times == sorted(times, reverse=True), where, f"is not ranked: {times}")
        self.expect(sum(times) <= whole + NANOSECOND * (len(times) + 1), where,
                    f"holds {sum(times)}, more than its whole {whole}")

    def findings(self, findings):
        for position, finding in enumerate(findings):
            where = f"finding {position}"
            if not self.keys("finding", finding, where):
                return
            self.expect(finding["id"] in FINDINGS, where, f"id {finding['id']}")
            self.expect(finding["severity"] in SEVERITIES, where, f"severity {finding['severity']}")
            self.expect(0 <= finding["share"] <= 1, where, f"share {finding['share']}")
            self.expect(finding["summary"] and finding["evidence"] and finding["advice"], where,
                        "without summary, evidence or advice")
            for earlier in findings[:position]:
                # Whether severity or share ranks first is free; what leads in both must come first.
                worse = (SEVERITIES.index(finding["severity"]) < SEVERITIES.index(earlier["severity"])
                         and finding["share"] > earlier["share"])
                self.expect(not worse, where, f"{finding['id']} is worse than {earlier['id']} before it")

    def layers(self, report):
        for row in report["block"]:
            where = f"block {row.get('device')} {row.get('op')}"
            if self.keys("block", row, where):
                self.latency(row["queue"], f"{where} queue")
                self.latency(row["service"], f"{where} service")
        for row in report["nvme"]:
            where = f"NVMe queue {row.get('device')} {row.get('qid')} on {row.get('cpu')}"
            if self.keys("nvme", row, where):
                for name in ("queue", "command", "completion"):
                    self.latency(row[name], f"{where} {name}")
                self.expect(row["completed"] == row["command"]["count"] == row["completion"]["count"], where,
                            "completed is not command.count and completion.count")
                self.expect(row["queue"]["count"] <= row["submitted"], where, "more waited than were submitted")
        for row in report["interrupts"]:
            where = f"interrupt {row.get('irq')} on {row.get('cpu')}"
            if self.keys("interrupt", row, where):
                self.latency(row["latency"], where)
                self.expect(row["count"] == row["latency"]["count"], where, "count is not latency.count")
        for row in report["softirqs"]:
            where = f"softirq {row.get('vector')} on {row.get('cpu')}"
            if self.keys("softirq", row, where):
                self.latency(row["latency"], where)
                self.latency(row["delay"], f"{where} delay")
                self.expect(row["count"] == row["latency"]["count"], where, "count is not latency.count")
        for row in report["failures"]:
            where = f"failure {row.get('op')} {row.get('errno')} {row.get('path')}"
            if self.keys("failure", row, where):
                self.expect(row["op"] in OPS, where, "op is no word of ours")
                self.expect(row["errno"].startswith("E") or row["errno"].isdigit(), where, "errno is no name")
                self.expect(row["count"] > 0, where, "counts nothing")
        for row in report["file_locks"]:
            where = f"lock of inode {row.get('inode')}"
            if self.keys("file_lock", row, where):
                self.expect(row["waits"] >= row["open"] >= 0 and row["waits"] > 0, where, "waits")
        locked = sum(stage["seconds"] for row in report["operations"] + report["in_flight"]
                     for stage in row["stages"] if stage["stage"] == "lock")
        if all(self.keys("kernel_lock", row, "kernel lock") for row in report["kernel_locks"]):
            waited = sum(row["seconds"] for row in report["kernel_locks"])
            self.expect(waited <= locked + NANOSECOND * 1000, "kernel locks",
                        f"{waited} s are more than the rows' stage lock, {locked} s")
        for row in report["commits"]:
            where = f"commits of {row.get('device')}"
            if self.keys("commits", row, where):
                self.latency(row["latency"], where)
                self.expect(row["count"] == row["latency"]["count"], where, "count is not latency.count")
                asked = row["asked_by"]
                by_all = sum(one["count"] for one in asked["processes"]) + asked["timer"] + asked["unseen"]
                # The one who asked for the last may be known while it is not over yet.
                self.expect(row["count"] <= by_all <= row["count"] + 1, where, f"{by_all} asked for {row['count']}")
                self.expect(abs(sum(row["phases"].values()) - row["seconds"]) <= 1e-6 * max(1, row["seconds"]), where,
                            f"phases {row['phases']} do not sum to {row['seconds']}")
        for row in report["helpers"]:
            where = f"helper {row.get('comm')} {row.get('work')}"
            if self.keys("helper", row, where):
                parts = "waited_for_seconds for_helpers_seconds for_requests_seconds background_seconds"
                self.numbers(row, "seconds " + parts, where)
                for what, sum_of in (("its parts", [row[part] for part in parts.split()]),
                                     ("its stages", row["stages"].values())):
                    self.expect(abs(sum(sum_of) - row["seconds"]) <= NANOSECOND, where,
                                f"{what} do not sum to {row['seconds']}: {row}")
                self.expect(set(row["stages"]) <= set(STAGES), where, f"stages {row['stages']}")
        if self.keys("scheduler", report["scheduler"], "scheduler"):
            self.keys("switches", report["scheduler"]["switches"], "scheduler")
            self.latency(report["scheduler"]["runqueue"], "scheduler runqueue")
        if self.keys("network", report["network"], "network"):
            self.keys("tcp", report["network"]["tcp"], "network")

    def coverage(self, lines):
        names = [line.get("probe") for line in lines]
        self.expect(lines and len(set(names)) == len(names), "coverage", f"probes {names}")
        for line in lines:
            where = f"coverage of {line.get('probe')}"
            if self.keys("coverage", line, where):
                self.expect(line["how"], where, "how is empty")
                self.expect(line["how"] != "dark" or line["reason"], where, "dark without a reason")

    def totals(self, report):
        """OS tax and idle time, worked out anew from the rows as the contract defines them: an idle
        wait is left out unless the scope is a command."""
        rows = report["operations"]
        idle = sum(row["idle_seconds"] for row in rows)
        self.expect(abs(report["idle_seconds"] - idle) <= NANOSECOND * (len(rows) + 1), "idle_seconds",
                    f"{report['idle_seconds']}, the rows have {idle}")
        whole = sum(row["seconds"] for row in rows)
        if report["scope"].get("kind") != "command":
            whole -= idle
        software = sum(stage["seconds"] for row in rows for stage in row["stages"]
                       if stage["stage"] not in NOT_SOFTWARE
                       and (row["op"], stage["stage"]) != ("lock", "lock"))
        if whole > 1e-6 and self.expect(report["os_tax"] is not None, "os_tax", "is unknown"):
            self.expect(abs(report["os_tax"] - min(1, software / whole)) < 1e-4, "os_tax",
                        f"{report['os_tax']}, the rows give {software / whole}")

    def ledger(self, report):
        ledger = report["ledger"]
        if not self.keys("ledger", ledger, "ledger"):
            return
        self.expect(ledger["imbalanced"] == 0, "ledger", f"{ledger['imbalanced']} imbalanced")
        self.expect(abs(ledger["residual_seconds"]) < NANOSECOND, "ledger",
                    f"residual {ledger['residual_seconds']}")
        counted = sum(row["count"] for row in report["operations"])
        self.expect(ledger["operations"] == counted, "ledger",
                    f"{ledger['operations']} operations, the rows hold {counted}")


def row_key(row):
    names = ("op", "target", "interface", "peer_target", "fs", "device", "pid", "comm", "cgroup", "path", "deleted")
    return tuple(row.get(name) for name in names)


def problems(report):
    """Every way in which the report breaks the contract or contradicts itself."""
    check = Checker()
    if not check.keys("report", report, "report"):
        return check.problems
    check.expect(report["schema"] == "iopath.report/1", "report", f"schema {report['schema']}")
    check.keys("host", report["host"], "host")
    check.keys("self", report["self"], "self")
    if check.keys("interval", report["interval"], "interval"):
        check.expect(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)",
                                  report["interval"]["start"]), "interval", report["interval"]["start"])
    check.expect(report["scope"].get("kind") in ("system", "command", "pid", "cgroup"), "scope",
                 f"{report['scope']}")
    keys = [row_key(row) for row in report["operations"]]
    check.expect(len(set(keys)) == len(keys), "operations", "two rows with one key")
    for row in report["operations"]:
        check.operation(row, f"row {'/'.join(str(part) for part in row_key(row) if part)}")
    for entry in report["in_flight"]:
        where = f"in_flight {entry.get('pid')}"
        if check.keys("in_flight", entry, where) and entry["stages"]:
            check.stages(entry["stages"], entry["seconds"], where)
    check.layers(report)
    check.findings(report["findings"])
    check.coverage(report["coverage"])
    for loss in report["losses"]:
        check.keys("loss", loss, "loss")
    check.ledger(report)
    check.totals(report)
    return check.problems
