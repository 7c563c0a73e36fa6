// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/findings.h"
#include "tests/support/build.h"
#include "tests/support/catch.h"

using namespace iopath;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

Interval reading(const CacheUse& cache, double sequential)
{
    Interval interval = test::empty_interval(1s);
    Operation row = test::operation(Op::read, Target::file, "ext4", "vda1", {{1000, 500us}});
    test::move_time(row, Stage::device, 0.6);
    row.cache = cache;
    interval.counts.operations = {row};
    BlockRequests requests = test::requests("vda", "read", {{1000, 300us}}, 10us);
    requests.located = 1000;
    requests.sequential = static_cast<std::uint64_t>(sequential * 1000);
    interval.counts.block = {requests};
    return interval;
}

} // namespace

TEST_CASE("cache-miss: pages that memory had to drop are read again", "[cache-miss]")
{
    const Interval interval = reading({4000, 1000, 4000, 3000}, 0.1);
    const Finding finding = cache_miss(interval).at(0);
    CHECK(finding.id == "cache-miss");
    CHECK(finding.layer == "memory");
    CHECK_THAT(finding.summary, ContainsSubstring("reads of vda1 wait"));
    CHECK_THAT(finding.evidence.at(0), ContainsSubstring("3,000 of 4,000 pages"));
    CHECK_THAT(finding.evidence.at(0), ContainsSubstring("3,000 were read ahead"));
    CHECK_THAT(finding.evidence.at(1),
               ContainsSubstring("3,000 of 4,000 pages brought in (75.0%)"));
    CHECK_THAT(finding.advice.at(0), ContainsSubstring("memory.max"));
}

TEST_CASE("cache-miss says how much was read ahead for nothing", "[cache-miss]")
{
    const Finding finding = cache_miss(reading({1000, 990, 4000, 3000}, 0.1)).at(0);
    CHECK_THAT(finding.evidence.at(0),
               ContainsSubstring("10 of 1,000 pages") &&
                   ContainsSubstring("3,010 were read ahead, 3,000 of them or more for nothing"));
}

TEST_CASE("cache-miss: nothing is read ahead of reads in order", "[cache-miss]")
{
    const Finding finding = cache_miss(reading({1000, 1000, 1000}, 0.95)).at(0);
    CHECK_THAT(finding.advice.at(0), ContainsSubstring("/sys/block/vda/queue/read_ahead_kb"));
    CHECK_THAT(finding.evidence.at(1), ContainsSubstring("95% sequential"));
}

TEST_CASE("cache-miss is silent where the cache could not have known", "[cache-miss]")
{
    CHECK(cache_miss(reading({1000, 1000, 1000}, 0.1)).empty()); // at random, for the first time
    CHECK(cache_miss(reading({1000, 250, 1000}, 0.95)).empty()); // in order, with readahead
    CHECK(cache_miss(reading({50, 50, 50}, 0.95)).empty());      // too little
    CHECK(cache_miss(reading({}, 0.95)).empty());                // not by the page cache
    CHECK(cache_miss(reading({1000, 900, 1000, std::nullopt}, 0.1)).empty()); // nobody tells
}

TEST_CASE("cache-miss is silent where reads do not wait", "[cache-miss]")
{
    Interval interval = reading({4000, 1000, 4000, 3000}, 0.1);
    test::move_time(interval.counts.operations[0], Stage::cpu, 0.58);
    interval.counts.operations[0].stage(Stage::device).time = 1ms;
    CHECK(cache_miss(interval).empty());
}
