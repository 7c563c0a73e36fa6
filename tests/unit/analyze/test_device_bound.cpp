// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/findings.h"
#include "tests/support/build.h"
#include "tests/support/catch.h"

using namespace iopath;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Reads of vda1 that spend `share` of their time in the device.
Interval reads(std::uint64_t count, double share)
{
    Interval interval = test::empty_interval(1s);
    Operation row = test::operation(Op::read, Target::file, "ext4", "vda1", {{count, 100us}});
    test::move_time(row, Stage::device, share);
    row.top = {{7, "fio", row.latency.sum}};
    interval.counts.operations = {row};
    return interval;
}

} // namespace

TEST_CASE("device-bound fires, with its severity", "[device-bound]")
{
    CHECK(device_bound(reads(1000, 0.6)).at(0).severity == Severity::critical);
    CHECK(device_bound(reads(1000, 0.4)).at(0).severity == Severity::major);
    CHECK(device_bound(reads(1000, 0.2)).at(0).severity == Severity::minor);
    const Finding finding = device_bound(reads(1000, 0.6)).at(0);
    CHECK(finding.id == "device-bound");
    CHECK(finding.layer == "device");
    CHECK(finding.share == Approx(0.6));
    CHECK(finding.time == 60ms);
    CHECK(finding.subject.at(0) == std::pair<std::string, std::string>{"device", "vda1"});
    CHECK(finding.subject.at(1).second == "read file ext4 vda1");
    CHECK(finding.subject.at(2).second == "fio[7]");
}

TEST_CASE("device-bound is silent below a tenth", "[device-bound]")
{
    CHECK(device_bound(reads(1000, 0.09)).empty());
    CHECK(device_bound(test::empty_interval(1s)).empty());
}

TEST_CASE("device-bound is silent on too little data", "[device-bound]")
{
    CHECK(device_bound(reads(9, 0.9)).empty());
    Interval little = reads(1000, 0.6);
    CHECK_FALSE(device_bound(little).empty());
    little.length = 60s; // 60 ms in a minute are nobody's problem
    CHECK(device_bound(little).empty());
}

TEST_CASE("depth tells saturated from slow", "[device-bound]")
{
    Interval interval = reads(1000, 0.6);
    interval.counts.block = {test::requests("vda", "read", {{1000, 8ms}}, 1us)};
    Finding finding = device_bound(interval).at(0);
    CHECK_THAT(finding.evidence.at(0),
               ContainsSubstring("mean depth 8.00") && ContainsSubstring("saturated: "));
    CHECK_THAT(finding.evidence.at(0), !ContainsSubstring("not saturated"));

    interval.counts.block = {test::requests("vda", "read", {{100, 8ms}}, 1us)};
    finding = device_bound(interval).at(0);
    CHECK_THAT(finding.evidence.at(0),
               ContainsSubstring("mean depth 0.80") && ContainsSubstring("slow, not saturated"));
    CHECK_THAT(finding.advice.at(0), ContainsSubstring("smartctl -a /dev/vda"));

    interval.counts.block = {test::requests("vda", "read", {{1000, 60us}}, 1us)};
    finding = device_bound(interval).at(0);
    CHECK_THAT(finding.summary, ContainsSubstring("its latency is the limit"));
    CHECK_THAT(finding.advice.at(0), ContainsSubstring("io_uring"));

    interval.counts.block.clear();
    CHECK_THAT(device_bound(interval).at(0).evidence.at(0), ContainsSubstring("unknown"));
}

TEST_CASE("of a stack the level that costs is named", "[device-bound]")
{
    Interval interval = reads(1000, 0.6);
    interval.counts.operations.front().key.device = "dm-1";
    interval.counts.block = {test::requests("dm-1", "read", {{1000, 60us}}, 0us)};
    interval.counts.handed_on = {{"dm-0", "dm-1", "read", 1000, 57ms},
                                 {"vda", "dm-0", "read", 1000, 3ms}};
    const Finding finding = device_bound(interval).at(0);
    CHECK(finding.subject.back() == std::pair<std::string, std::string>{"level", "dm-0"});
    CHECK_THAT(finding.evidence.back(), ContainsSubstring("dm-1 5.0%, dm-0 90.0%, vda 5.0%"));

    interval.counts.handed_on.clear();
    CHECK(device_bound(interval).at(0).subject.back().first == "process");
}

TEST_CASE("devices are judged one by one", "[device-bound]")
{
    Interval interval = reads(1000, 0.8);
    Operation other = test::operation(Op::read, Target::file, "xfs", "sdb", {{1000, 100us}});
    test::move_time(other, Stage::device, 0.6);
    interval.counts.operations.push_back(other);
    const Findings findings = device_bound(interval);
    REQUIRE(findings.size() == 2);
    CHECK(findings[0].subject.at(0).second == "vda1");
    CHECK(findings[0].share == Approx(0.4));
    CHECK(findings[1].subject.at(0).second == "sdb");
}

TEST_CASE("time in FLUSH requests is not device-bound", "[device-bound]")
{
    Interval interval = reads(1000, 0.6);
    interval.counts.operations[0].flush = 55ms;
    CHECK(device_bound(interval).empty());
    interval.counts.operations[0].flush = 20ms;
    CHECK(device_bound(interval).at(0).time == 40ms);
}

TEST_CASE("idle waits dilute no share, but those of a command do", "[device-bound]")
{
    Interval interval = reads(1000, 0.6);
    Operation idle = test::operation(Op::read, Target::pipe, "", "", {{20, 1s}});
    test::move_time(idle, Stage::peer, 1);
    interval.counts.operations.push_back(idle);
    CHECK(device_bound(interval).at(0).share == Approx(0.6));
    interval.scope.kind = ScopeKind::command;
    CHECK(device_bound(interval).empty());
}
