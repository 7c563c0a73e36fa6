// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/findings.h"
#include "tests/support/build.h"
#include "tests/support/catch.h"

using namespace iopath;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

Interval syncs(std::uint64_t count, double device, double flush)
{
    Interval interval = test::empty_interval(1s);
    Operation row = test::operation(Op::sync, Target::file, "ext4", "vda1", {{count, 2ms}});
    test::move_time(row, Stage::device, device);
    row.flush = std::chrono::duration_cast<Nanoseconds>(row.latency.sum * flush);
    interval.counts.operations = {row};
    interval.counts.block = {test::requests("vda", "write", {{count, 200us}}, 1us),
                             test::requests("vda", "flush", {{count, 900us}}, 1us)};
    return interval;
}

} // namespace

TEST_CASE("flush-bound fires and shows the requests", "[flush-bound]")
{
    const Finding finding = flush_bound(syncs(100, 0.7, 0.6)).at(0);
    CHECK(finding.id == "flush-bound");
    CHECK(finding.severity == Severity::critical);
    CHECK(finding.time == 120ms);
    CHECK_THAT(finding.evidence.at(0), ContainsSubstring("100 FLUSH requests for 100 operations") &&
                                           ContainsSubstring("p50 900us"));
    CHECK_THAT(finding.evidence.at(1), ContainsSubstring("mean 1.20ms each"));
    CHECK_THAT(finding.advice.at(2), ContainsSubstring("/sys/block/vda/queue/write_cache"));
}

TEST_CASE("flush-bound is silent where the device has other work", "[flush-bound]")
{
    CHECK(flush_bound(syncs(100, 0.7, 0.05)).empty());
    CHECK(flush_bound(syncs(100, 0.7, 0)).empty());
}

TEST_CASE("flush-bound is silent on too little data", "[flush-bound]")
{
    CHECK(flush_bound(syncs(9, 0.7, 0.6)).empty());
}

TEST_CASE("flush-bound and device-bound share the time between them", "[flush-bound]")
{
    const Interval interval = syncs(100, 0.7, 0.4);
    CHECK(flush_bound(interval).at(0).time == 80ms);
    CHECK(device_bound(interval).at(0).time == 60ms);
}

TEST_CASE("flush-bound claims no more than the stage holds", "[flush-bound]")
{
    CHECK(flush_bound(syncs(100, 0.3, 0.9)).at(0).time == 60ms);
}

TEST_CASE("depth leaves flushes out", "[flush-bound]")
{
    CHECK_THAT(device_bound(syncs(100, 0.9, 0.1)).at(0).evidence.at(0),
               ContainsSubstring("mean depth 0.02 over 100 requests"));
}
