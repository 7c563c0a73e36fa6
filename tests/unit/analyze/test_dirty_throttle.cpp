// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/findings.h"
#include "tests/support/build.h"
#include "tests/support/catch.h"

using namespace iopath;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr std::uint64_t kMebibyte = 1 << 20;

/// Writes of which `share` is stage throttle, all of it by pauses of which so many were strict.
Interval writing(double share, std::uint64_t strict = 0)
{
    Interval interval = test::empty_interval(1s);
    Operation row = test::operation(Op::write, Target::file, "ext4", "vda1", {{100, 5ms}});
    test::move_time(row, Stage::throttle, share);
    row.dirty = row.stage(Stage::throttle).time;
    row.pauses = {50,
                  strict,
                  50 * 7 * kMebibyte,
                  50 * 8 * kMebibyte,
                  50 * 4 * kMebibyte,
                  50 * 6 * kMebibyte,
                  50 * 7 * kMebibyte,
                  50 * 2 * kMebibyte};
    interval.counts.operations = {row};
    interval.dirty_limits = {8 * kMebibyte, 4 * kMebibyte, "vm.dirty_bytes = 8388608",
                             "vm.dirty_background_ratio = 10"};
    return interval;
}

} // namespace

TEST_CASE("dirty-throttle names the host's limit and its setting", "[dirty-throttle]")
{
    const Finding finding = dirty_throttle(writing(0.6)).at(0);
    CHECK(finding.id == "dirty-throttle");
    CHECK(finding.layer == "memory");
    CHECK(finding.severity == Severity::critical);
    CHECK_THAT(finding.summary,
               ContainsSubstring("the host's dirty page limit (vm.dirty_bytes = 8388608) holds "
                                 "writers to vda1 back for 60.0%"));
    CHECK_THAT(finding.evidence.at(0),
               ContainsSubstring("50 pauses; on average 7.0MiB were dirty of 8.0MiB at most, "
                                 "writeback began at 4.0MiB; vda1 had 6.0MiB of 7.0MiB; each "
                                 "writer was allowed 2.0MiB/s"));
    CHECK_THAT(finding.evidence.at(1), ContainsSubstring("now 8.0MiB and 4.0MiB"));
    CHECK_THAT(finding.advice.at(0), ContainsSubstring("vm.dirty_ratio=20"));
}

TEST_CASE("dirty-throttle tells the limits of devices and cgroups from the host's",
          "[dirty-throttle]")
{
    CHECK_THAT(dirty_throttle(writing(0.3, 40)).at(0).summary,
               ContainsSubstring("the dirty page limit of vda1 itself"));
    Interval interval = writing(0.3);
    interval.dirty_limits->limit = 100 * kMebibyte;
    const Finding finding = dirty_throttle(interval).at(0);
    CHECK_THAT(finding.summary, ContainsSubstring("limit of a memory cgroup"));
    CHECK_THAT(finding.advice.at(0), ContainsSubstring("memory.max"));
}

TEST_CASE("dirty-throttle is silent where writers are not held back by it", "[dirty-throttle]")
{
    CHECK(dirty_throttle(writing(0.05)).empty());
    Interval interval = writing(0.6); // by a limit of the block layer
    interval.counts.operations[0].dirty = Nanoseconds::zero();
    CHECK(dirty_throttle(interval).empty());
}

TEST_CASE("dirty-throttle needs more than a handful of operations", "[dirty-throttle]")
{
    Interval interval = writing(0.6);
    interval.counts.operations[0].count = 9;
    CHECK(dirty_throttle(interval).empty());
}
