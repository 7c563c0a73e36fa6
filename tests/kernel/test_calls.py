# SPDX-License-Identifier: GPL-2.0-only
"""Every system call of the contract is counted once, under its op and its target; the calls beside
them are not counted at all."""
import collections

from harness import Case

# More repetitions of the same script differ by exactly these, whatever the start of a program costs.
FEW = 1
MANY = 4
MOVES_DATA = ("read", "write", "send", "recv", "splice")


class AllCalls(Case):
    def setUp(self):
        super().setUp()
        self.device = self.loop(fs="ext4")

    def differences(self):
        few = self.diagnose(cmd=self.workload("calls", self.device.mount, FEW))
        many = self.diagnose(cmd=self.workload("calls", self.device.mount, MANY))
        self.assert_nothing_lost(many.report)
        return few, many

    def test_each_call_is_counted_once_under_its_op_and_target(self):
        few, many = self.differences()
        expected = collections.defaultdict(collections.Counter)
        moved = collections.Counter()
        for sign, facts in ((-1, few.facts), (1, many.facts)):
            for op, target, count, size in facts["rows"]:
                expected[op][target] += sign * count
                moved[op, target] += sign * size
        for op, targets in expected.items():
            with self.subTest(op=op):
                self.compare_op(op, targets, few.report, many.report)
        for op in MOVES_DATA:
            for target in expected[op]:
                if target == "udp":  # sendmmsg and recvmmsg return messages, not bytes
                    continue
                with self.subTest(op=op, target=target, field="bytes"):
                    wanted = {"op": op, "target": target}
                    if target == "file":  # not the line that the workload prints to another one
                        wanted["device"] = self.device.name
                    self.assertEqual(many.report.total("bytes", **wanted) - few.report.total("bytes", **wanted),
                                     moved[op, target])

    def compare_op(self, op, targets, few, many):
        grown = many.total("count", op=op) - few.total("count", op=op)
        self.assertEqual(grown, sum(targets.values()), f"all targets of {op}")
        # A call on a path, or on no descriptor at all, names no target: it may be in any row.
        free = targets[""]
        for target, count in targets.items():
            if target:
                got = (many.total("count", op=op, target=target)
                       - few.total("count", op=op, target=target))
                self.assert_within(got, count, count + free, f"{op} on {target}:")

    def test_calls_on_files_carry_file_system_and_device(self):
        few, many = self.differences()
        file = {"target": "file", "fs": "ext4", "device": self.device.name}
        opened = 11 if "creat" in few.facts["calls"] else 8  # younger tables lack the calls of old
        for op, count in (("read", 5), ("write", 6), ("lock", 6), ("close", opened), ("open", opened)):
            with self.subTest(op=op):
                self.assertEqual(many.report.total("count", op=op, **file)
                                 - few.report.total("count", op=op, **file), (MANY - FEW) * count)
        # fsync, fdatasync, sync_file_range, syncfs; sync and msync name no descriptor.
        self.assertGreaterEqual(many.report.total("count", op="sync", **file), MANY * 4)

    def test_splices_name_both_ends(self):
        few, many = self.differences()
        for target, peer, count in (("file", "pipe", 3), ("unix", "file", 1), ("file", "file", 1)):
            with self.subTest(target=target, peer=peer):
                wanted = {"op": "splice", "target": target, "peer_target": peer}
                self.assertEqual(many.report.total("count", **wanted)
                                 - few.report.total("count", **wanted), (MANY - FEW) * count)

    def test_no_call_failed(self):
        few, many = self.differences()
        self.assertEqual(many.report.total("errors"), few.report.total("errors"))
        self.assertEqual(many.report.total("interrupted"), 0)


class OtherEntries(Case):
    def test_32_bit_calls_are_counted_by_their_own_table_or_as_loss(self):
        device = self.loop(fs="ext4")
        run = self.diagnose(cmd=self.workload("compat", device.path(), 100))
        if not run.facts["supported"]:
            self.skipTest("this kernel has no 32-bit system calls (CONFIG_IA32_EMULATION)")
        written = run.report.total("count", op="write", device=device.name)
        if run.report.loss("compat"):
            self.assertEqual((written, run.report.loss("compat")), (0, run.facts["calls"]))
        else:
            self.assertEqual(written, run.facts["writes"])
            self.assertEqual(run.report.total("bytes", op="write", device=device.name), run.facts["writes"])
        # getpid has the number of writev there: what is taken for 64-bit calls would be counted.
        self.assertLess(run.report.total("count", op="write"), run.facts["calls"])
