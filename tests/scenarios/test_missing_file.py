# SPDX-License-Identifier: GPL-2.0-only
"""A process that asks for a missing file again and again, next to work that fails now and then as all
work does."""
import os
import sys

from findings import said
from harness import Case

ASKING = """
import ctypes, os, sys, time
ctypes.CDLL(None).prctl(15, b"wl-asking")
for _ in range(int(sys.argv[2])):
    try:
        os.open(sys.argv[1] + "/app.conf", os.O_RDONLY)
    except FileNotFoundError:
        pass
    time.sleep(0.002)
"""

# Each directory of a search path once, as loaders and shells do; then the file, again and again.
HEALTHY = """
import os, sys
for number in range(300):
    try:
        os.open(f"{sys.argv[1]}/search-{number}/tool", os.O_RDONLY)
    except FileNotFoundError:
        pass
for _ in range(2000):
    os.close(os.open(sys.argv[1] + "/there", os.O_RDONLY))
"""


class MissingFile(Case):
    def setUp(self):
        super().setUp()
        with open(os.path.join(self.folder, "there"), "wb"):
            pass

    def python(self, script, *arguments):
        return [sys.executable, "-S", "-E", "-c", script, self.folder, *(str(one) for one in arguments)]

    def test_a_process_that_asks_again_and_again_is_named_with_its_path(self):
        watch = self.watch().ready()
        asking = self.spawn(self.python(ASKING, 300))
        healthy = self.spawn(self.python(HEALTHY))
        self.assertEqual((asking.wait(60), healthy.wait(60)), (0, 0))
        report = watch.stop()
        found = [one for one in report["findings"] if one["id"] == "missing-file"
                 and self.folder in one["subject"]["path"]]
        self.assertEqual(len(found), 1, report.finding_ids())
        self.assertEqual(found[0]["subject"], {"process": f"wl-asking[{asking.pid}]", "path": self.folder + "/app.conf"})
        self.assertIn(f"300 opens of {self.folder}/app.conf failed with ENOENT", said(found[0]))
        row, = [row for row in report["failures"] if row["path"] == self.folder + "/app.conf"]
        self.assertEqual((row["count"], row["pid"]), (300, asking.pid))

    def test_a_search_is_none(self):
        report = self.diagnose(cmd=self.python(HEALTHY)).report
        self.assertGreaterEqual(sum(row["count"] for row in report["failures"] if row["op"] == "open"), 300)
        self.assertNotIn("missing-file", report.finding_ids())

    def test_new_programs_are_none(self):
        report = self.diagnose(cmd=["sh", "-c", f"for i in $(seq 100); do cat {self.folder}/app.conf; done 2>/dev/null; true"]).report
        self.assertEqual(sum(row["count"] for row in report["failures"]
                             if row["path"] == self.folder + "/app.conf"), 100)
        self.assertNotIn("missing-file", report.finding_ids())
