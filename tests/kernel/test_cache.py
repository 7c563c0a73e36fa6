# SPDX-License-Identifier: GPL-2.0-only
"""Pages that reads found in the page cache, against mincore(2) just before each read; reads by way of mmap, against the
major faults that the kernel counts."""
import json
import os
import subprocess
import unittest

from harness import Case


class CacheCase(Case):
    def needs(self, *probes):
        """Skips the test where one of these is dark."""
        report = json.loads(self.run_iopath("doctor", "--json").out)
        for line in report["coverage"]:
            if line["probe"] in probes and line["how"] == "dark":
                raise unittest.SkipTest(f"{line['probe']} is dark here: {line['reason']}")


class PageCache(CacheCase):
    PAGES = 1000
    # Of the last page. Not with blocks smaller than a page (ext4 here): a page of which some blocks are
    # there can be served from the cache, but mincore does not call it resident.
    LAST_BYTES = {"ext4": 4096, "xfs": 1234, "btrfs": 1234}

    def setUp(self):
        super().setUp()
        self.needs("pages_got", "page_added")

    def file_on(self, fs):
        device = self.loop(fs=fs, mebibytes=512 if fs == "xfs" else 128)
        with open(device.path(), "wb") as file:
            file.write(os.urandom((self.PAGES - 1) * 4096 + self.LAST_BYTES[fs]))
            os.fsync(file.fileno())
        return device

    by = "pread"

    def reads(self, device, how, pages, *options, by=None):
        by = by or self.by
        run = self.diagnose(*options, cmd=self.workload("cached-reads", device.path(), how, pages, by))
        if not run.facts["supported"]:
            self.skipTest("io_uring is not allowed here")
        row = run.report.row(op="read", target="file", device=device.name,
                             interface="syscall" if by == "pread" else "io_uring")
        self.assertEqual(row["count"], run.facts["reads"])
        return run.facts, row["cache"]

    def compare(self, fs, *options):
        device = self.file_on(fs)
        for how in ("in-order", "at-random", "twice"):
            for pages in (1, 3, 64):
                with self.subTest(fs=fs, how=how, pages=pages):
                    facts, cache = self.reads(device, how, pages, *options)
                    self.assertEqual(cache["pages"], facts["pages"], f"{cache}, {facts}")
                    self.assertEqual(cache["hits"], facts["hits"], f"{cache}, {facts}")
                    if how == "at-random":
                        self.assertEqual(cache["read_ahead"], 0)
                    elif pages == 1:
                        # All of the file has been brought in, by whoever asked or ahead of them.
                        missed = cache["pages"] - cache["hits"]
                        self.assertEqual(missed + cache["read_ahead"], self.PAGES - facts["kept"])
                        self.assertGreater(cache["read_ahead"], self.PAGES // 2)

    def test_of_ext4(self):
        self.compare("ext4")

    def test_of_xfs(self):
        self.compare("xfs")

    def test_of_btrfs(self):
        self.compare("btrfs")

    def test_untyped(self):
        self.compare("ext4", "--no-attach", "typed")

    def test_hits_need_both_probes(self):
        """What is not known is no number."""
        device = self.file_on("ext4")
        for probe in ("pages_got", "page_added"):
            with self.subTest(probe=probe):
                self.assertIsNone(self.reads(device, "in-order", 64, "--no-attach", probe)[1])


class PageCacheOfRings(PageCache):
    """The same by requests of io_uring, whose pages mostly come after their submission."""
    by = "uring"

    def test_by_workers(self):
        self.by = "uring-async"
        self.compare("ext4")

    def test_by_the_thread_that_polls(self):
        """With what is read ahead, a few pages of a read there are known as read ahead."""
        self.by = "uring-sqpoll"
        device = self.file_on("xfs")
        for pages in (1, 3, 64):
            facts, cache = self.reads(device, "at-random", pages)
            self.assertEqual((cache["pages"], cache["hits"]), (facts["pages"], facts["hits"]))
            facts, cache = self.reads(device, "in-order", pages)
            self.assertEqual(cache["pages"], facts["pages"])
            self.assert_within(cache["hits"], facts["hits"], facts["hits"] + self.PAGES // 10)

    def exact_reads(self, device, how, pages, by):
        """Requests of one ring overlap: now and then a few pages are brought in while another request is
        being asked about. Of three runs one has to be exact."""
        for _ in range(2):
            facts, cache = self.reads(device, how, pages, by=by)
            if cache["hits"] == facts["hits"]:
                return facts, cache
        return self.reads(device, how, pages, by=by)

    def test_figures_are_those_of_pread(self):
        for fs in ("ext4", "xfs", "btrfs"):
            device = self.file_on(fs)
            for how in ("at-random", "twice"):
                by = {word: self.exact_reads(device, how, 16, word) for word in ("pread", "uring", "uring-async")}
                for word, (facts, cache) in by.items():
                    with self.subTest(fs=fs, how=how, by=word):
                        # Whatever was kept in the cache beforehand need not be the same each time.
                        self.assertEqual(cache["hits"], facts["hits"])
                        if facts == by["pread"][0]:
                            self.assertEqual(cache, by["pread"][1])

    def test_direct_reads_ask_for_no_page(self):
        device = self.loop(fs="ext4")
        subprocess.run(["dd", "if=/dev/zero", f"of={device.path()}", "bs=4096", "count=64", "conv=fsync"],
                       check=True, stderr=subprocess.DEVNULL)
        run = self.diagnose(cmd=self.workload("uring-reads", device.path(), 64, 4096, 8, "plain"))
        if not run.facts["supported"]:
            self.skipTest("io_uring is not allowed here")
        cache = run.report.row(interface="io_uring", device=device.name)["cache"]
        self.assertIn(cache and cache["pages"], (None, 0))

    def test_many_at_once(self):
        """Each page is asked for once and missed once, however many requests are on their way."""
        device = self.file_on("ext4")
        run = self.diagnose(cmd=self.workload("cached-batches", device.path(), 16))
        if not run.facts["supported"]:
            self.skipTest("io_uring is not allowed here")
        cache = run.report.row(op="read", target="file", device=device.name, interface="io_uring")["cache"]
        self.assertEqual(cache["pages"], run.facts["pages"])
        missed = cache["pages"] - cache["hits"]
        self.assertEqual((missed, cache["read_ahead"]), (run.facts["pages"] - run.facts["hits"], 0))


class MappedFiles(CacheCase):
    PAGES = 1000

    def test_faults_that_wait_are_reads(self):
        self.needs("file_fault")
        device = self.loop(fs="ext4")
        with open(device.path(), "wb") as file:
            file.write(os.urandom(self.PAGES * 4096))
            os.fsync(file.fileno())
        run = self.diagnose(cmd=self.workload("mapped-reads", device.path()))
        self.assertEqual(run.facts["major_faults"], run.facts["touched"])
        row = run.report.row(op="read", target="file", device=device.name, interface="page_fault")
        self.assertEqual((row["count"], row["bytes"]), (self.PAGES // 2, self.PAGES // 2 * 4096))
        self.assertEqual((row["cache"]["pages"], row["cache"]["hits"]), (self.PAGES // 2, 0))
        self.assertGreater(run.report.share("device block_queue completion", interface="page_fault", device=device.name), 0.05)
        self.assertEqual(run.report.rows(op="read", device=device.name, interface="syscall"), [])
