// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/findings.h"
#include "tests/support/build.h"
#include "tests/support/catch.h"

using namespace iopath;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

Interval queued(std::uint64_t count, double share, Nanoseconds service)
{
    Interval interval = test::empty_interval(1s);
    Operation row = test::operation(Op::write, Target::file, "xfs", "nvme0n1p2", {{count, 2ms}});
    test::move_time(row, Stage::block_queue, share);
    interval.counts.operations = {row};
    interval.counts.block = {test::requests("nvme0n1", "write", {{count, service}}, 1500us),
                             test::requests("sda", "read", {{50000, 1ms}}, 1us)};
    return interval;
}

} // namespace

TEST_CASE("queue-wait fires and looks at the partition's disk", "[queue-wait]")
{
    const Finding finding = queue_wait(queued(100, 0.7, 100us)).at(0);
    CHECK(finding.id == "queue-wait");
    CHECK(finding.layer == "block");
    CHECK(finding.severity == Severity::critical);
    CHECK_THAT(finding.evidence.at(0), ContainsSubstring("nvme0n1: queue p50 1.44ms"));
    CHECK_THAT(finding.advice.at(0), ContainsSubstring("/sys/block/nvme0n1/queue/scheduler"));
}

TEST_CASE("queue-wait behind a busy device says so first", "[queue-wait]")
{
    CHECK_THAT(queue_wait(queued(100, 0.7, 60ms)).at(0).advice.at(0),
               ContainsSubstring("device is busy"));
}

TEST_CASE("queue-wait is silent below a tenth", "[queue-wait]")
{
    CHECK(queue_wait(queued(100, 0.1, 100us)).empty());
}

TEST_CASE("queue-wait is silent on too little data", "[queue-wait]")
{
    CHECK(queue_wait(queued(9, 0.7, 100us)).empty());
}

TEST_CASE("queue-wait tells the scheduler's part", "[queue-wait]")
{
    Interval interval = queued(100, 0.7, 100us);
    interval.counts.block[0].scheduler = {100, 120ms, 2ms};
    CHECK_THAT(queue_wait(interval).at(0).evidence.at(3),
               ContainsSubstring("of 150ms in the queue the scheduler had requests for 120ms"));
}

TEST_CASE("queue-wait says where operations waited before they had a request", "[queue-wait]")
{
    // 140 ms of waiting in all; 100 requests of 1.5 ms in the queue explain it, of 100 us do not.
    Interval interval = queued(100, 0.7, 100us);
    const Finding with_requests = queue_wait(interval).at(0);
    for (const std::string& line : with_requests.evidence)
        CHECK(line.find("before there was a request") == std::string::npos);
    interval.counts.block[0] = test::requests("nvme0n1", "write", {{100, 100us}}, 100us);
    CHECK_THAT(queue_wait(interval).at(0).evidence.back(),
               ContainsSubstring("before there was a request: all tags were taken"));
}
