// SPDX-License-Identifier: GPL-2.0-only
#include "model/counts.h"
#include "tests/support/build.h"
#include "tests/support/catch.h"
#include "tests/support/sample_interval.h"

using namespace iopath;
using namespace std::chrono_literals;

namespace {

Operation row(const char* device, std::uint64_t count)
{
    Operation made = test::operation(Op::read, Target::file, "ext4", device, {{count, 100us}});
    made.bytes = count * 4096;
    test::move_time(made, Stage::device, 0.5);
    made.stage(Stage::device).via = {{"jbd2", count * 10us}, {"kworker", count * 5us}};
    made.top = {{1, "fio", count * 60us}, {2, "cp", count * 40us}};
    return made;
}

} // namespace

TEST_CASE("counts less themselves are nothing", "[counts]")
{
    Counts counts = test::sample_interval().counts;
    const Counts earlier = counts;
    REQUIRE_FALSE(counts.operations.empty());
    counts.subtract(earlier);
    CHECK(counts.operations.empty());
    CHECK(counts.block.empty());
    CHECK(counts.nvme.empty());
    CHECK(counts.interrupts.empty());
    CHECK(counts.softirqs.empty());
    CHECK(counts.scheduler.voluntary == 0);
    CHECK(counts.scheduler.runqueue.histogram.empty());
}

TEST_CASE("counts less nothing stay", "[counts]")
{
    Counts counts = test::sample_interval().counts;
    const std::size_t rows = counts.operations.size();
    counts.subtract(Counts{});
    CHECK(counts.operations.size() == rows);
    CHECK(counts.scheduler.voluntary == 66100);
}

TEST_CASE("rows are matched by key, not by place", "[counts]")
{
    Counts earlier;
    earlier.operations = {row("vda", 10), row("vdb", 20)};
    Counts now;
    now.operations = {row("vdc", 3), row("vdb", 50), row("vda", 10)};
    now.subtract(earlier);
    REQUIRE(now.operations.size() == 2);
    CHECK(now.operations[0].key.device == "vdc");
    CHECK(now.operations[0].count == 3);
    CHECK(now.operations[1].key.device == "vdb");
    CHECK(now.operations[1].count == 30);
    CHECK(now.operations[1].bytes == 30 * 4096);
    CHECK(now.operations[1].latency.sum == 3ms);
    CHECK(now.operations[1].latency.histogram.count() == 30);
    CHECK(now.operations[1].stage(Stage::device).time == 1500us);
    CHECK(now.operations[1].stage(Stage::device).via.front().time == 300us);
    CHECK(now.operations[1].top.front().time == 1800us);
}

TEST_CASE("what an NVMe queue did since is told by CPU and by status", "[counts]")
{
    NvmeQueue before{"nvme0n1", 1, 0, 10, 1, 2, 8, 3, {{"MEDIUM", 4}, {"TARGET", 1}}, {}, {}, {}};
    before.command = test::latency_of({{8, 50us}});
    NvmeQueue after{"nvme0n1", 1, 0, 30, 1, 5, 28, 4, {{"MEDIUM", 6}, {"TARGET", 1}}, {}, {}, {}};
    after.command = test::latency_of({{28, 50us}});
    NvmeQueue other = before;
    other.cpu = 1;
    Counts earlier;
    earlier.nvme = {before, other};
    Counts now;
    now.nvme = {other, after};
    now.subtract(earlier);
    REQUIRE(now.nvme.size() == 1);
    const NvmeQueue& row = now.nvme.front();
    CHECK(row.cpu == 0);
    CHECK(row.submitted == 20);
    CHECK(row.retries == 0);
    CHECK(row.elsewhere == 3);
    CHECK(row.interrupts == 20);
    CHECK(row.interrupts_elsewhere == 1);
    CHECK(row.completed() == 20);
    CHECK(row.errors == std::map<std::string, std::uint64_t>{{"MEDIUM", 2}});
}

TEST_CASE("failures are told by process, path and error", "[counts]")
{
    Failure one;
    one.op = Op::open;
    one.error = "ENOENT";
    one.path = "/missing";
    one.pid = 1;
    one.count = 3;
    one.time = 30us;
    Failure other = one;
    other.path.reset();
    Counts earlier;
    earlier.failures = {one, other};
    Counts counts = earlier;
    counts.failures[0].count = 5;
    counts.failures[0].time = 50us;
    Failure later = one;
    later.pid = 2;
    counts.failures.push_back(later);
    counts.subtract(earlier);
    REQUIRE(counts.failures.size() == 2);
    CHECK(counts.failures[0].path == "/missing");
    CHECK(counts.failures[0].count == 2);
    CHECK(counts.failures[0].time == 20us);
    CHECK(counts.failures[1].pid == 2);
    CHECK(counts.failures[1].count == 3);
}

TEST_CASE("names and processes are ranked anew", "[counts]")
{
    Counts earlier;
    earlier.operations = {row("vda", 10)};
    Counts now;
    now.operations = {row("vda", 10)};
    now.operations[0].count = 11;
    now.operations[0].stage(Stage::device).via[1].time += 7us;
    now.operations[0].top.push_back({3, "new", 9us});
    now.subtract(earlier);
    REQUIRE(now.operations.size() == 1);
    const auto& via = now.operations[0].stage(Stage::device).via;
    REQUIRE(via.size() == 1);
    CHECK(via[0].comm == "kworker");
    CHECK(via[0].time == 7us);
    REQUIRE(now.operations[0].top.size() == 1);
    CHECK(now.operations[0].top[0].pid == 3);
}

TEST_CASE("counts that went backwards are zero, not huge", "[counts]")
{
    Counts earlier;
    earlier.losses[0] = 5;
    earlier.scheduler.migrations = 9;
    Counts now;
    now.losses[0] = 3;
    now.losses[1] = 2;
    now.subtract(earlier);
    CHECK(now.losses[0] == 0);
    CHECK(now.losses[1] == 2);
    CHECK(now.scheduler.migrations == 0);
}
