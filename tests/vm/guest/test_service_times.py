# SPDX-License-Identifier: GPL-2.0-only
"""Service times against disks that complete after a set time, and against the kernel's own stamps at the same events of
the very same run (ftrace)."""
import statistics

from disks import NullBlk, ScsiDebug
from record import note
from stamps import Stamps, pairs
from harness import long_only

BUCKET = 2 ** (1 / 8)
# ftrace prints microseconds, and stamps a little before or after us.
OWN = 3e-6
COUNT = 300


@long_only  # a matter of time: not beside another guest, as in the short matrix
class SetTimes(NullBlk, ScsiDebug):
    """Reads of a disk that is told how long to take: ours and ftrace's medians, beside the time that was set."""

    def check_reads(self, kind, parameter, disk):
        for nanoseconds in (100_000, 1_000_000, 5_000_000):
            with self.subTest(**{parameter: nanoseconds}):
                self.check_service(disk(**{parameter: nanoseconds}), nanoseconds, kind)

    def check_service(self, disk, nanoseconds, kind):
        stamps = Stamps(disk)
        self.addCleanup(stamps.close)
        report = self.diagnose(cmd=self.workload("direct-reads", f"/dev/{disk}", COUNT, 4096)).report
        theirs = [end.time - begin.time for begin, end in pairs(stamps.stop())]
        row, = report.block(disk, "read")
        self.assertEqual(row["count"], COUNT)
        self.assert_within(len(theirs), COUNT, COUNT + 20)  # the kernel looks for partitions now and then
        wanted, median, ours = nanoseconds / 1e9, statistics.median(theirs), row["service"]["p50"]
        figures = (f"{kind} told {wanted * 1e6:.0f} us: service p50 {ours * 1e6:.1f} us, ftrace's median "
                   f"{median * 1e6:.1f} us, its least {min(theirs) * 1e6:.1f} us")
        print(figures)
        note("service", f"{kind} {nanoseconds}", {"iopath": ours, "ftrace": median})
        self.assert_within(ours, median / BUCKET - OWN, median * BUCKET + OWN, figures)
        # Never less than was set; what is more, the kernel and the machine have added, and ftrace has seen it, too.
        self.assertGreaterEqual(ours * BUCKET, wanted, figures)
        if median <= wanted * BUCKET:
            self.assertLessEqual(ours, wanted * BUCKET * BUCKET, figures)

    def test_null_blk_takes_as_long_as_was_set(self):
        self.check_reads("null_blk", "completion_nsec", self.null_disk)

    def test_scsi_debug_takes_as_long_as_was_set(self):
        self.check_reads("scsi_debug", "ndelay", self.disk)
