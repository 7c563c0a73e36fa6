// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/findings.h"
#include "tests/support/build.h"
#include "tests/support/catch.h"

using namespace iopath;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

Interval contended(std::uint64_t count, double runqueue, double preempted)
{
    Interval interval = test::empty_interval(1s);
    Operation row = test::operation(Op::read, Target::file, "ext4", "vda1", {{count, 100us}});
    test::move_time(row, Stage::runqueue, runqueue);
    test::move_time(row, Stage::preempted, preempted);
    interval.counts.operations = {row};
    interval.counts.scheduler = {100, 42, 7, test::latency_of({{99, 50us}, {1, 4ms}})};
    return interval;
}

} // namespace

TEST_CASE("cpu-contention adds run queue and preemption", "[cpu-contention]")
{
    const Findings findings = cpu_contention(contended(1000, 0.2, 0.1));
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].id == "cpu-contention");
    CHECK(findings[0].severity == Severity::major);
    CHECK(findings[0].share == Approx(0.3));
    CHECK_THAT(findings[0].evidence.at(0),
               ContainsSubstring("waiting for a CPU 20.0ms, put off it 10.0ms") &&
                   ContainsSubstring("max 4.00ms"));
    CHECK_THAT(findings[0].evidence.at(2), ContainsSubstring("2 CPUs, 42 involuntary switches"));
    CHECK(findings[0].evidence.size() == 3);
}

TEST_CASE("cpu-contention is silent below a tenth", "[cpu-contention]")
{
    CHECK(cpu_contention(contended(1000, 0.05, 0.04)).empty());
}

TEST_CASE("cpu-contention is silent on too little data", "[cpu-contention]")
{
    CHECK(cpu_contention(contended(9, 0.6, 0.1)).empty());
    CHECK(cpu_contention(test::empty_interval(1s)).empty());
}

TEST_CASE("cpu-contention names a hypervisor that takes part", "[cpu-contention]")
{
    Interval interval = contended(1000, 0.2, 0.1);
    interval.steal = 10ms; // 0.5 % of two CPUs
    CHECK(cpu_contention(interval).at(0).evidence.size() == 3);
    interval.steal = 200ms;
    CHECK_THAT(cpu_contention(interval).at(0).evidence.at(3), ContainsSubstring("stole 10.0%"));
}
