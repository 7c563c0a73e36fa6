#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# How scripts/test counts unit tests: passed, failed with the reason, skipped, and died.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/expect.sh"

cat >"$WORK/report.xml" <<'END'
<?xml version="1.0" encoding="UTF-8"?>
<Catch name="unit_tests"><Group name="unit_tests">
  <TestCase name="good, [with] brackets" filename="a.cpp" line="1">
    <OverallResult success="true"/>
  </TestCase>
  <TestCase name="bad" filename="a.cpp" line="2">
    <Section name="inner" filename="a.cpp" line="3">
      <Expression success="false" type="REQUIRE" filename="a.cpp" line="4">
        <Original> 1 == 2 </Original><Expanded> 1 == 2 </Expanded>
      </Expression>
      <OverallResults successes="0" failures="1" expectedFailures="0"/>
    </Section>
    <OverallResult success="false"/>
  </TestCase>
  <TestCase name="not here" filename="a.cpp" line="5">
    <Skip filename="a.cpp" line="6">needs a disk</Skip>
    <OverallResult success="true" skips="1"/>
  </TestCase>
  <TestCase name="dies" filename="a.cpp" line="7">
END
expect_status 0 python3 "$REPOSITORY/scripts/lib/catch_results.py" "$WORK/report.xml"
expect_line $'pass\tgood, [with] brackets\t'
expect_line $'fail\tbad\ta.cpp:4: 1 == 2'
expect_line $'skip\tnot here\tneeds a disk'
expect_output $'fail\tdies\tthe program died here'
[ "$(wc -l <<<"$OUTPUT")" -eq 4 ] || fail "not four cases: $OUTPUT"

expect_status 0 python3 "$REPOSITORY/scripts/lib/catch_results.py" "$WORK/absent.xml"
expect_output $'fail\tunit_tests\t'
