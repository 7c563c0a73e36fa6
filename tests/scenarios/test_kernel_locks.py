# SPDX-License-Identifier: GPL-2.0-only
"""Kernel locks that operations wait for, named by who asks for them."""
import subprocess
import sys
import textwrap

from harness import LONG, Case

# Four processes go through a device side by side, a part of a block each: who is first reads the
# block with its folio locked, the others wait for it.
PARTS_OF_BLOCKS = textwrap.dedent("""
    import os, sys
    for part in range(4):
        if os.fork() == 0:
            fd = os.open(sys.argv[1], os.O_RDWR)
            for block in range(3000):
                os.pwrite(fd, b"x" * 100, 4096 * block + 100 * part)
            os._exit(0)
    for _ in range(4):
        os.wait()
""")
THREADS = 2000 if LONG else 64


class KernelLocks(Case):
    def contended(self, mode, *options, threads=THREADS):
        device = self.loop(mebibytes=300, fs="ext4")
        report = self.diagnose(*options, cmd=self.workload("crowd", device.path("file"), threads, 6400 // threads + 1,
                                                           262144, mode), timeout=300).report
        if any(line["probe"].startswith("contention") and line["how"] == "dark" for line in report["coverage"]):
            self.assertEqual(report["kernel_locks"], [])
            self.skipTest("this kernel has no events of contended locks")
        return device, report

    def writes(self, report, device):
        return [row for row in report["kernel_locks"] if (row["op"], row["device"]) == ("write", device.name)]

    def test_writers_of_one_file_wait_for_its_inode(self):
        device, report = self.contended("one")
        rows = self.writes(report, device)
        self.assertTrue(rows, report["kernel_locks"])
        first = max(rows, key=lambda row: row["seconds"])
        self.assertEqual((first["caller"], first["type"], first["fs"]), ("ext4_buffered_write_iter", "rwsem:W", "ext4"))
        # Of the ledger's stage `lock`, and nearly all of it.
        stage = report.stage("lock", op="write", device=device.name)
        waited = sum(row["seconds"] for row in rows)
        self.assert_within(waited, 0.9 * stage, stage + 1e-6, f"of {stage} s")
        self.assertGreaterEqual(first["max"], first["seconds"] / first["waits"])
        self.assertLessEqual(first["waits"], report.total("count", op="write", device=device.name) * 2)
        finding = next(one for one in report["findings"] if one["id"] == "lock-contention")
        self.assertEqual(finding["subject"]["caller"], "ext4_buffered_write_iter")
        self.assertEqual(finding["subject"]["device"], device.name)
        self.assertLessEqual(finding["seconds"], stage + 1e-6)

    def test_writers_of_files_of_their_own_do_not(self):
        device, report = self.contended("own", threads=4)
        self.assertNotIn("lock-contention", report.finding_ids())
        stage = report.stage("lock", op="write", device=device.name)
        self.assertLessEqual(sum(row["seconds"] for row in self.writes(report, device)), stage + 1e-6)

    def test_writers_of_one_block_wait_for_its_folio(self):
        device = self.loop(mebibytes=16)
        subprocess.run(["blockdev", "--flushbufs", device.node], check=True)
        # Unchecked: where programs can be preempted some of so many runs are always skipped.
        report = self.diagnose(cmd=[sys.executable, "-c", PARTS_OF_BLOCKS, device.node], check=False).report
        if not any(line["how"] == "tp_btf" for line in report["coverage"] if line["probe"] == "sched_waking"):
            self.skipTest("untyped programs may not look at another task's stack")
        rows = self.writes(report, device)
        slept = sum(row["seconds"] for row in rows if row["type"] == "folio")
        stage = report.stage("lock", op="write", device=device.name)
        self.assert_within(slept, 0.9 * stage, stage + 1e-6, f"{rows} of {stage} s")
        self.assertGreater(sum(row["waits"] for row in rows if row["type"] == "folio"), 100)
        self.assertEqual({row["target"] for row in rows}, {"blockdev"})

    def test_doctor_says_whether_functions_have_names(self):
        with open("/proc/kallsyms", encoding="utf-8") as table:
            hidden = all(line.startswith("0000000000000000 ") for line, _ in zip(table, range(100)))
        out = self.run_iopath("doctor").out.decode()
        self.assertRegex(out, r"kernel_symbols +" + ("hidden" if hidden else "readable"))
