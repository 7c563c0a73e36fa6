#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What becomes of a kernel test that fails: run again, passed after two passes in a row, said so, and failed otherwise.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/expect.sh"

mkdir "$WORK/sample" "$WORK/runs"
cat >"$WORK/sample/test_sample.py" <<END
import os
import unittest

class Sample(unittest.TestCase):
    def runs(self):
        """How often this test ran, this time included."""
        with open(os.path.join("$WORK/runs", self.id()), "a+") as file:
            file.write("x")
            return file.tell()

    def test_good(self):
        self.assertEqual(self.runs(), 1)

    def test_bad(self):
        self.runs()
        self.fail("always")

    def test_fails_once(self):
        self.assertGreater(self.runs(), 1, "the first time")

    def test_passes_now_and_then(self):
        self.assertEqual(self.runs() % 3, 2, "not this time")

    def test_in_parts(self):
        with self.subTest(part="first"):
            self.assertGreater(self.runs(), 1, "a part")

    def test_not_here(self):
        self.skipTest("no disk")
END
run=(python3 "$REPOSITORY/tests/support/run_kernel_tests.py" --in "$WORK/sample")

expect_status 1 "${run[@]}"
grep -qE '^PASS sample/sample.good \([0-9.]+ s\)$' <<<"$OUTPUT" || fail "good: $OUTPUT"
grep -qE '^FAIL sample/sample.bad \([0-9.]+ s\)$' <<<"$OUTPUT" || fail "bad: $OUTPUT"
grep -qE '^PASS sample/sample.fails_once \([0-9.]+ s\)  failed at first, then passed 2 times: .*the first time$' <<<"$OUTPUT" ||
    fail "fails_once: $OUTPUT"
grep -qE '^FAIL sample/sample.passes_now_and_then' <<<"$OUTPUT" || fail "passes_now_and_then: $OUTPUT"
grep -qE '^PASS sample/sample.in_parts \([0-9.]+ s\)  failed at first' <<<"$OUTPUT" || fail "in_parts: $OUTPUT"
[ "$(tail -n 1 <<<"$OUTPUT")" = "3 passed, 2 failed, 1 skipped" ] || fail "sum: $OUTPUT"

rm "$WORK"/runs/*
expect_status 1 "${run[@]}" --once
[ "$(tail -n 1 <<<"$OUTPUT")" = "1 passed, 4 failed, 1 skipped" ] || fail "sum with --once: $OUTPUT"
