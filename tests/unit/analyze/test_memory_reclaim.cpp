// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/findings.h"
#include "tests/support/build.h"
#include "tests/support/catch.h"

using namespace iopath;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Writes of which `share` is stage reclaim, by so many reclaims of each kind.
Interval writing(double share, const std::array<std::uint64_t, kReclaims>& reclaims)
{
    Interval interval = test::empty_interval(1s);
    Operation row = test::operation(Op::write, Target::file, "ext4", "vda1", {{100, 5ms}});
    test::move_time(row, Stage::reclaim, share);
    row.reclaims = reclaims;
    interval.counts.operations = {row};
    return interval;
}

} // namespace

TEST_CASE("memory-reclaim says why memory was short", "[memory-reclaim]")
{
    const Finding finding = memory_reclaim(writing(0.3, {10, 1200, 0})).at(0);
    CHECK(finding.id == "memory-reclaim");
    CHECK(finding.layer == "memory");
    CHECK(finding.severity == Severity::major);
    CHECK_THAT(finding.summary, ContainsSubstring("for 30.0% of their time: their memory cgroup"));
    CHECK_THAT(
        finding.evidence.at(0),
        ContainsSubstring("1,200 reclaims for a cgroup's limit, 10 for the host, 0 compactions"));
    CHECK_THAT(finding.advice.at(0), ContainsSubstring("memory.max"));
    CHECK_THAT(memory_reclaim(writing(0.3, {10, 1, 0})).at(0).advice.at(0),
               ContainsSubstring("vm.watermark_scale_factor"));
    CHECK_THAT(memory_reclaim(writing(0.3, {1, 0, 5})).at(0).advice.at(0),
               ContainsSubstring("transparent_hugepage"));
}

TEST_CASE("memory-reclaim is silent below a tenth of the time", "[memory-reclaim]")
{
    CHECK(memory_reclaim(writing(0.05, {1000, 0, 0})).empty());
    CHECK(memory_reclaim(writing(0, {})).empty());
}

TEST_CASE("memory-reclaim needs more than a handful of operations", "[memory-reclaim]")
{
    Interval interval = writing(0.6, {10, 0, 0});
    interval.counts.operations[0].count = 9;
    CHECK(memory_reclaim(interval).empty());
}
