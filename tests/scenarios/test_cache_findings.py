# SPDX-License-Identifier: GPL-2.0-only
"""cache-miss with its cause injected: readahead switched off. Less memory than the files in use take is for guests
(tests/vm/guest/test_page_cache.py)."""
import os
import subprocess
import unittest

import hostdev
from findings import number
from harness import Case

MEBIBYTE = 1 << 20


class CacheMisses(Case):
    def setUp(self):
        super().setUp()
        if not os.path.exists("/sys/kernel/tracing/events/filemap/mm_filemap_get_pages"):
            raise unittest.SkipTest("this kernel has no event mm_filemap_get_pages")

    def file_of(self, mebibytes):
        """On a disk that does not keep it in memory as well."""
        device = self.loop(fs="ext4", mebibytes=2 * mebibytes + 64)
        if subprocess.run([hostdev.tool("losetup"), "--direct-io=on", device.node], capture_output=True, check=False).returncode:
            self.skipTest("no direct loop device on this file system")
        with open(device.path(), "wb") as file:
            file.write(os.urandom(mebibytes * MEBIBYTE))
            os.fsync(file.fileno())
        return device

    def read_ahead(self, device, kibibytes):
        with open(f"/sys/block/{device.name}/queue/read_ahead_kb", "w", encoding="ascii") as file:
            file.write(str(kibibytes))

    def test_readahead_switched_off(self):
        device = self.file_of(8)
        self.read_ahead(device, 0)
        self.addCleanup(self.read_ahead, device, 128)
        report = self.diagnose(cmd=self.workload("cached-reads", device.path(), "in-order", 1, "pread")).report
        finding = next((one for one in report["findings"] if one["id"] == "cache-miss"), None)
        self.assertIsNotNone(finding, report.finding_ids())
        self.assertEqual(finding["subject"]["device"], device.name)
        self.assertEqual(number(finding, "NUMBER of 2,048 pages"), 0)
        self.assertIn(f"/sys/block/{device.name}/queue/read_ahead_kb", finding["advice"][0])

    def test_with_readahead_it_is_no_finding(self):
        device = self.file_of(8)
        self.read_ahead(device, 128)
        report = self.diagnose(cmd=self.workload("cached-reads", device.path(), "in-order", 1, "pread")).report
        self.assertNotIn("cache-miss", report.finding_ids())
        self.assertGreater(report.row(op="read", target="file", device=device.name)["cache"]["read_ahead"], 1024)

    def test_for_the_first_time_and_at_random_it_is_no_finding(self):
        device = self.file_of(8)
        report = self.diagnose(cmd=self.workload("cached-reads", device.path(), "at-random", 1, "pread")).report
        self.assertNotIn("cache-miss", report.finding_ids())
        self.assertEqual(report.row(op="read", target="file", device=device.name)["cache"]["hits"], 0)
