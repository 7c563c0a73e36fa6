# SPDX-License-Identifier: GPL-2.0-only
"""Devices that are made of others, and such as have no requests at all: dm, md, zram. Their counts are those of
/sys/block, and of a stack the level that costs is named."""
import os
import subprocess
import time
import unittest

from harness import Case, long_only
from hostdev import run, statistics, tool


# Direct reads one after the other: the time they took, and how much of it the thread was neither running nor waiting
# for a CPU, by the scheduler's account.
READS = """
import json, mmap, os, sys, time
def account():
    with open("/proc/self/schedstat", encoding="ascii") as file:
        return sum(int(word) for word in file.read().split()[:2]) / 1e9
file, page = os.open(sys.argv[1], os.O_RDONLY | os.O_DIRECT), mmap.mmap(-1, 4096)
begun, busy = time.monotonic(), account()
for i in range(int(sys.argv[2])):
    os.preadv(file, [page], i * 4096)
seconds = time.monotonic() - begun
print(json.dumps({"seconds": seconds, "blocked": seconds - (account() - busy)}))
"""


def need_module(*names):
    for name in names:
        done = subprocess.run([tool("modprobe"), name], capture_output=True, text=True, check=False)
        if done.returncode:
            raise unittest.SkipTest(f"no {name}: {done.stderr.strip()}")


def sectors(device):
    with open(f"/sys/block/{device}/size", encoding="ascii") as file:
        return int(file.read())


class Stacked(Case):
    made = 0

    def dm(self, target, *arguments, length=0, below=None):
        """A mapped device of one target; the name of its node. There is no udev to name it any better."""
        need_module("dm-mod")
        Stacked.made += 1
        name = f"iopath{Stacked.made}"
        words = " ".join(str(word) for word in arguments)
        run(tool("dmsetup"), "create", name, "--table", f"0 {length or sectors(below)} {target} {words}")
        self.addCleanup(subprocess.run, ["dmsetup", "remove", "--retry", name], capture_output=True, check=False)
        minor = run("dmsetup", "info", "-c", "--noheadings", "-o", "minor", name).strip()
        return name, f"dm-{minor}"

    def reload(self, name, table):
        for command in (["suspend", name], ["reload", name, "--table", table], ["resume", name]):
            run(tool("dmsetup"), *command)

    def read(self, device, count, size=4096, options=()):
        return self.diagnose(*options, cmd=self.workload("direct-reads", f"/dev/{device}", count, size))

    def both_ways(self, *devices, size="12k"):
        """Direct reads and writes of the first, counted on all of them like in sysfs."""
        before = {device: statistics(device) for device in devices}
        watch = self.watch().ready()
        for words in (["if=/dev/zero", f"of=/dev/{devices[0]}", "oflag=direct"],
                      [f"if=/dev/{devices[0]}", "of=/dev/null", "iflag=direct"]):
            # 12 KiB: from time to time over an edge of a stripe.
            run("dd", *words, f"bs={size}", "count=200")
        report = watch.stop()
        for device in devices:
            after = statistics(device)
            for op in ("read", "write"):
                count = sum(row["count"] + row["splits"] for row in report.block(device, op))
                self.assertEqual(count, after[op] - before[device][op], f"{device} {op}")
                self.assertGreaterEqual(count, 200)
        self.assertEqual(report.lost(), {})
        return report

    def levels(self, report, device, op="read"):
        row, = report.block(device, op)
        return {level["device"]: level for level in row["levels"]}

    # ---- dm

    @long_only  # a matter of time: not beside another guest, as in the short matrix
    def test_the_leg_that_delays_is_named(self):
        one, other = self.loop(), self.loop()
        need_module("dm-delay")
        length = sectors(one.name)
        name, leg = self.dm("delay", one.node, 0, 0, length=length)
        _, stripe = self.dm("striped", 2, 8, f"/dev/{leg}", 0, other.node, 0, length=2 * length)
        hits, runs = 200, {}
        for delay in (0, 5, 0, 5):  # the first of each warms up
            self.reload(name, f"0 {length} delay {one.node} 0 {delay}")
            runs[delay] = self.diagnose(cmd=["python3", "-c", READS, f"/dev/{stripe}", 2 * hits])
        fast, slow = runs[0], runs[5]
        grown = {stage: (slow.report.stage(stage, target="blockdev", device=stripe, op="read") -
                         fast.report.stage(stage, target="blockdev", device=stripe, op="read")) / hits
                 for stage in fast.report.stage_seconds()}
        wall, blocked = ((slow.facts[name] - fast.facts[name]) / hits for name in ("seconds", "blocked"))
        figures = (f"for each read of the leg: device {grown['device'] * 1e3:.3f} ms, all stages "
                   f"{sum(grown.values()) * 1e3:.3f} ms, wall time {wall * 1e3:.3f} ms, of it blocked {blocked * 1e3:.3f} ms")
        print(figures)
        self.assertGreaterEqual(grown["device"], 0.005, figures)
        # After a long wait a thread takes longer to run, above all in an emulated machine: that is no device's time.
        self.assert_within(grown["device"], blocked * 0.98, blocked * 1.02, figures)
        # What the program does between its reads takes longer, too.
        self.assert_within(sum(grown.values()), wall * 0.96, wall * 1.01, figures)
        levels = self.levels(slow.report, stripe)
        self.assert_within(levels[leg]["count"], hits, hits + 8)  # the kernel may look for partitions
        self.assertEqual(max(levels, key=lambda level: levels[level]["seconds"]), leg)
        self.assertGreater(levels[leg]["seconds"], 0.005 * hits * 0.9)
        finding = next(one for one in slow.report["findings"] if one["id"] == "device-bound")
        self.assertEqual((finding["subject"]["device"], finding["subject"]["level"]), (stripe, leg))
        self.assertTrue(any(leg in line for line in finding["evidence"]))

    def test_counts_of_dm_are_those_of_sysfs(self):
        one, other = self.loop(), self.loop()
        length = sectors(one.name)
        _, linear = self.dm("linear", one.node, 0, length=length)
        need_module("dm-crypt")
        key = "0123456789abcdef" * 4
        _, crypt = self.dm("crypt", "aes-xts-plain64", key, 0, f"/dev/{linear}", 0, length=length)
        _, stripe = self.dm("striped", 2, 16, f"/dev/{crypt}", 0, other.node, 0, length=2 * length)
        report = self.both_ways(stripe, crypt, linear)
        if crypt not in self.levels(report, stripe):
            self.fail(f"{crypt} is no level of {stripe}: {self.levels(report, stripe)}")

    def test_thin_volumes_are_counted(self):
        need_module("dm-thin-pool")
        data, meta = self.loop(), self.loop(16)
        name, pool = self.dm("thin-pool", meta.node, data.node, 128, 0, length=sectors(data.name))
        run("dmsetup", "message", name, "0", "create_thin 0")
        _, thin = self.dm("thin", f"/dev/{pool}", 0, length=65536)
        self.both_ways(thin)

    def test_the_device_option_shows_a_stacked_device(self):
        below = self.loop()
        _, linear = self.dm("linear", below.node, 0, below=below.name)
        report = self.read(linear, 50, options=("-d", linear)).report
        self.assertEqual({row["device"] for row in report["block"]}, {linear})
        self.assertEqual(report.total("count", device=linear, op="read"), 50)
        self.assertIn(below.name, self.levels(report, linear))

    def test_another_scopes_share_is_left_out(self):
        below = self.loop()
        _, linear = self.dm("linear", below.node, 0, below=below.name)
        busy = self.spawn(["dd", f"if=/dev/{linear}", "of=/dev/null", "bs=4k", "iflag=direct"],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        report = self.read(linear, 50).report
        busy.kill()
        row, = report.block(linear, "read")
        self.assertLessEqual(row["count"], 60)
        self.assertLessEqual(sum(level["seconds"] for level in row["levels"]), row["service"]["sum"] * 1.01)

    def test_a_device_that_goes_away_under_load(self):
        below = self.loop()
        name, linear = self.dm("linear", below.node, 0, below=below.name)
        before = statistics(linear)
        watch = self.watch().ready()
        readers = [self.spawn(["sh", "-c", f"while dd if=/dev/{linear} of=/dev/null bs=4k iflag=direct; do :; done"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(4)]
        time.sleep(1)
        run(tool("dmsetup"), "wipe_table", "--noflush", name)  # as a disk that is pulled out
        for reader in readers:
            reader.wait(30)
        report = watch.stop(check=False)
        # Where threads are preempted inside our programs the kernel skips runs, and says how many: such
        # of an issue or of a completion are missed at the other.
        lost = report.lost()
        skipped = lost.pop("skipped_run", 0)
        unseen = lost.pop("no_start", 0) + lost.pop("no_end", 0)
        self.assertLessEqual(unseen, skipped)
        self.assertEqual(lost, {})
        if not skipped:
            self.check(report)
        rows = report.block(linear, "read")
        errors = sum(row["errors"] for row in rows)
        self.assertGreaterEqual(errors + skipped, len(readers))
        # Some kernels leave out of it what dm could not even map.
        done = statistics(linear)["read"] - before["read"]
        self.assert_within(sum(row["count"] for row in rows), done - skipped, done + errors)
        failed = [row for row in report["block_errors"] if row["device"] == linear]
        self.assertEqual(sum(row["count"] for row in failed), errors)
        # And for good, with its number free for another.
        run(tool("dmsetup"), "remove", "--retry", name)

    # ---- md

    def md(self, level, *legs):
        """An array of these devices, by default of two loop devices; its name and theirs."""
        need_module("md-mod", f"raid{level}")
        legs = legs or (self.loop().name, self.loop().name)
        Stacked.made += 1
        node = f"/dev/md{40 + Stacked.made}"
        self.addCleanup(subprocess.run, ["mdadm", "--stop", node], capture_output=True, check=False)
        subprocess.run([tool("mdadm"), "--build", node, f"--level={level}", "--assume-clean", "--raid-devices=2",
                        "--chunk=16" if level == 0 else "--force", *(f"/dev/{leg}" for leg in legs)], check=True,
                       stdin=subprocess.DEVNULL, capture_output=True)
        return os.path.basename(node), set(legs)

    def test_counts_of_a_mirror_are_those_of_sysfs(self):
        array, legs = self.md(1)
        report = self.both_ways(array)
        self.assertEqual(set(self.levels(report, array, "write")), {array} | legs)

    def test_counts_of_a_stripe_are_those_of_sysfs(self):
        array, legs = self.md(0)
        # Over no edge: on 5.10 md cuts without an event, and sysfs alone counts the parts.
        report = self.both_ways(array, size="4k")
        for op in ("read", "write"):
            self.assertEqual(set(self.levels(report, array, op)), {array} | legs)

    def test_a_stripe_of_stripes_keeps_its_counts(self):
        """On 5.10 one and the same bio goes from array to array."""
        inner, _ = self.md(0)
        outer, _ = self.md(0, inner, self.loop().name)
        before = statistics(outer)["read"]
        watch = self.watch().ready()
        for device in (inner, outer):  # both are known for what they are
            run("dd", f"if=/dev/{device}", "of=/dev/null", "bs=4k", "count=200", "iflag=direct")
        report = watch.stop()
        row, = report.block(outer, "read")
        self.assertEqual((row["count"], row["open"]), (statistics(outer)["read"] - before, 0))
        self.assertGreaterEqual(row["count"], 200)
        self.assertEqual(report.lost(), {})

    # ---- served at once

    def test_counts_of_zram_are_those_of_sysfs(self):
        need_module("zram")
        with open("/sys/class/zram-control/hot_add", encoding="ascii") as file:
            number = file.read().strip()
        self.addCleanup(self.remove_zram, number)
        with open(f"/sys/block/zram{number}/disksize", "w", encoding="ascii") as file:
            file.write("32M")
        report = self.both_ways(f"zram{number}")
        for row in report.block(f"zram{number}"):
            self.assertEqual(row["levels"], [])

    def remove_zram(self, number):
        for path, word in ((f"/sys/block/zram{number}/reset", "1"), ("/sys/class/zram-control/hot_remove", number)):
            with open(path, "w", encoding="ascii") as file:
                file.write(word)
