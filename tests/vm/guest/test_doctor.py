# SPDX-License-Identifier: GPL-2.0-only
"""Doctor on this kernel: what is lit, what is not, and for the record all that it says."""
import os

from forced import Forced, lit, probes
import record

SERIES = os.environ.get("IOPATH_VM", "").partition("/")[0]
# Probes that a kernel has no event for (kernels.md), by series: lock contention came with 5.19, btrfs' log syncs with
# 7.2.
NO_EVENT = {
    "5.10": {"btrfs_commit", "contention_begin", "contention_end"},
    "6.1": {"btrfs_commit"},
    "6.12": {"btrfs_commit"},
    "6.18": {"btrfs_commit"},
}


class Doctor(Forced):
    def test_every_probe_is_lit_that_this_kernel_has_an_event_for(self):
        found = self.doctor()
        record.note("doctor", "report", found)
        self.note(found["coverage"])
        coverage = probes(found["coverage"])
        dark = {line["probe"]: line["reason"] for line in coverage if line["how"] == "dark"}
        self.assertEqual(set(dark), NO_EVENT.get(SERIES, set()), dark)
        self.assertTrue(all(dark.values()), dark)
        # One typed program that is refused puts untyped ones, which cost more, in place of all.
        flavour = "untyped" if SERIES == "5.10" else "typed"
        self.assertIn({"name": "flavour", "value": flavour}, found["facts"])
        # 5.16 is the first that says what verifying took.
        known = [line["verified"] is not None for line in lit(coverage)]
        self.assertEqual(set(known), {SERIES != "5.10"})

    def test_programs_of_the_other_flavour_are_accepted_too(self):
        found = self.doctor("--no-attach", "typed")
        self.note(found["coverage"])
        self.assertIn({"name": "flavour", "value": "untyped"}, found["facts"])

    def test_words_for_people(self):
        done = self.run_iopath("doctor")
        self.assertEqual((done.status, done.err), (0, b""))
        self.assertRegex(done.out.decode(), r"probes lit")
