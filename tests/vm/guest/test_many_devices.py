# SPDX-License-Identifier: GPL-2.0-only
"""More devices than there are rows for: what does not fit is a loss, and nothing is wrong in silence."""
import os
import time

from disks import NullBlk
from harness import long_only

DEVICES = 1000
EACH = 4
# The program that reads the first blocks of each device directly.
READS = """
import mmap, os, sys
page = mmap.mmap(-1, 4096)
for number in range(int(sys.argv[1])):
    disk = os.open(f"/dev/nullb{number}", os.O_RDONLY | os.O_DIRECT)
    for i in range(int(sys.argv[2])):
        os.preadv(disk, [page], i * 4096)
    os.close(disk)
"""


class Many(NullBlk):
    @long_only
    def test_a_thousand_devices(self):
        begun = time.monotonic()
        self.null_disk(nr_devices=DEVICES, hw_queue_depth=2, submit_queues=1, completion_nsec=1000, gb=1)
        made = sum(os.path.exists(f"/dev/nullb{number}") for number in range(DEVICES))
        figures = f"{made} devices made in {time.monotonic() - begun:.1f} s"
        self.assertGreaterEqual(made, 100, figures)
        report = self.diagnose(cmd=["python3", "-c", READS, made, EACH]).report
        rows = [row for row in report["block"] if row["device"].startswith("nullb") and row["op"] == "read"]
        self.assertTrue(all(row["count"] == EACH and row["bytes"] == EACH * 4096 for row in rows))
        self.assertEqual(len({row["device"] for row in rows}), len(rows))
        # Those without a row of their own are together in the one that has no device.
        others = sum(row["count"] for row in report["block"] if row["op"] == "other")
        self.assertEqual(sum(row["count"] for row in rows) + others, made * EACH,
                         f"{figures}, {len(rows)} rows, lost {report.lost()}")
        if len(rows) < made:
            self.assertGreaterEqual(report.loss("map_full"), made - len(rows))
        else:
            self.assert_nothing_lost(report)
