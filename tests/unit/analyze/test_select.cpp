// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/coverage.h"
#include "analyze/select.h"
#include "tests/support/catch.h"

#include <utility>

using namespace iopath;

namespace {

Operation row(Op op, Target target, const std::string& fs, const std::string& device, int ms)
{
    Operation operation;
    operation.key.op = op;
    operation.key.target = target;
    operation.key.fs = fs;
    operation.key.device = device;
    operation.count = 1;
    operation.latency.sum = std::chrono::milliseconds(ms);
    operation.latency.histogram.add(bucket_of(operation.latency.sum), 1);
    operation.stage(Stage::cpu).time = operation.latency.sum;
    operation.stage(Stage::cpu).histogram.add(bucket_of(operation.latency.sum), 1);
    operation.stage(Stage::helper).via = {{"jbd2", std::chrono::milliseconds(ms)}};
    operation.top = {{7, "fio", operation.latency.sum}};
    return operation;
}

Interval sample()
{
    Interval interval;
    interval.counts.operations = {row(Op::read, Target::file, "ext4", "vda1", 1),
                                  row(Op::read, Target::file, "xfs", "vda1", 2),
                                  row(Op::read, Target::file, "ext4", "vdb", 4),
                                  row(Op::write, Target::pipe, "", "", 8)};
    for (const char* device : {"vda", "vdb", "nvme0n1"}) {
        BlockRequests requests;
        requests.device = device;
        interval.counts.block.push_back(requests);
    }
    return interval;
}

} // namespace

TEST_CASE("a disk selects its partitions and their requests, and nothing with a like name")
{
    Interval interval = sample();
    interval.counts.operations.push_back(row(Op::read, Target::file, "ext4", "vdaa", 1));
    select(interval, {.device = "vda"});
    CHECK(interval.counts.operations.size() == 2);
    REQUIRE(interval.counts.block.size() == 1);
    CHECK(interval.counts.block.front().device == "vda");
}

TEST_CASE("partitions of disks whose name ends in a digit have a p")
{
    Interval interval;
    for (const char* device : {"nvme0n1", "nvme0n1p2", "nvme0n10", "nvme0n1p"})
        interval.counts.operations.push_back(row(Op::read, Target::file, "ext4", device, 1));
    select(interval, {.device = "nvme0n1"});
    REQUIRE(interval.counts.operations.size() == 2);
    CHECK(interval.counts.operations.at(1).key.device == "nvme0n1p2");
}

TEST_CASE("a device without a name is no disk of any")
{
    CHECK_FALSE(device_matches("7", ""));
    CHECK_FALSE(device_matches("", "vda"));
    Interval interval = sample();
    interval.counts.block.emplace_back(); // what found no row of its own
    select(interval, {.device = "vda"});
    REQUIRE(interval.counts.block.size() == 1);
    CHECK(interval.counts.block.front().device == "vda");
}

TEST_CASE("file system and target select")
{
    Interval interval = sample();
    select(interval, {.fs = "ext4"});
    CHECK(interval.counts.operations.size() == 2);
    interval = sample();
    select(interval, {.target = Target::pipe});
    REQUIRE(interval.counts.operations.size() == 1);
    CHECK(interval.counts.operations.front().key.op == Op::write);
}

TEST_CASE("a file system selects the requests and commits of the devices it is on")
{
    const auto left = [](const Selection& selection) {
        Interval interval = sample();
        interval.counts.commits.resize(2);
        interval.counts.commits[0].device = "vda1";
        interval.counts.commits[1].device = "nvme0n1";
        select(interval, selection);
        std::string devices;
        for (const BlockRequests& one : interval.counts.block)
            devices += one.device + " ";
        for (const Commits& one : interval.counts.commits)
            devices += one.device + " ";
        return devices;
    };
    CHECK(left({.fs = "ext4"}) == "vda vdb vda1 ");
    CHECK(left({.fs = "xfs"}) == "vda vda1 ");
    CHECK(left({.fs = "f2fs"}).empty());
    CHECK(left({.fs = "f2fs", .fs_devices = {"nvme0n1p3"}}) == "nvme0n1 nvme0n1 ");
    CHECK(left({.device = "nvme0n1"}) == "nvme0n1 nvme0n1 ");
}

TEST_CASE("failures are selected as rows are")
{
    Interval interval;
    interval.counts.failures.resize(3);
    interval.counts.failures[0].fs = "ext4";
    interval.counts.failures[1].device = "vda1";
    interval.counts.failures[2].target = Target::pipe;
    Interval by_fs = interval;
    select(by_fs, {.fs = "ext4"});
    REQUIRE(by_fs.counts.failures.size() == 1);
    CHECK(by_fs.counts.failures[0].fs == "ext4");
    Interval by_device = interval;
    select(by_device, {.device = "vda"});
    REQUIRE(by_device.counts.failures.size() == 1);
    CHECK(by_device.counts.failures[0].device == "vda1");
    select(interval, {.target = Target::pipe});
    CHECK(interval.counts.failures.size() == 1);
}

TEST_CASE("locks are selected by what they are locks of")
{
    FileLockWaits file;
    file.key.device = "vda1";
    file.fs = "ext4";
    KernelLockWaits inode;
    inode.device = "vda1";
    inode.fs = "ext4";
    inode.target = Target::file;
    KernelLockWaits pipe;
    pipe.target = Target::pipe;
    const auto left = [&](const Selection& selection) {
        Interval interval;
        interval.counts.file_locks = {file};
        interval.counts.kernel_locks = {inode, pipe};
        select(interval, selection);
        return std::pair{interval.counts.file_locks.size(), interval.counts.kernel_locks.size()};
    };
    CHECK(left({}) == std::pair<std::size_t, std::size_t>{1, 2});
    CHECK(left({.device = "vda"}) == std::pair<std::size_t, std::size_t>{1, 1});
    CHECK(left({.device = "vdb"}) == std::pair<std::size_t, std::size_t>{0, 0});
    CHECK(left({.fs = "xfs"}) == std::pair<std::size_t, std::size_t>{0, 0});
    CHECK(left({.target = Target::pipe}) == std::pair<std::size_t, std::size_t>{0, 1});
    CHECK(left({.target = Target::file}) == std::pair<std::size_t, std::size_t>{1, 1});
}

TEST_CASE("by device, rows of one device become one and nothing gets lost")
{
    Interval interval = sample();
    select(interval, {.by = Breakdown::device});
    REQUIRE(interval.counts.operations.size() == 3);
    const Operation& merged = interval.counts.operations.front();
    CHECK(merged.key.fs.empty());
    CHECK(merged.key.device == "vda1");
    CHECK(merged.count == 2);
    CHECK(merged.latency.sum == std::chrono::milliseconds(3));
    CHECK(merged.latency.histogram.count() == 2);
    CHECK(merged.stage(Stage::cpu).time == std::chrono::milliseconds(3));
    REQUIRE(merged.top.size() == 1);
    CHECK(merged.top.front().time == std::chrono::milliseconds(3));
    REQUIRE(merged.stage(Stage::helper).via.size() == 1);
    CHECK(merged.stage(Stage::helper).via.front().time == std::chrono::milliseconds(3));
}

TEST_CASE("without sched_switch nothing is called cpu")
{
    Interval interval = sample();
    interval.coverage = {{"sched_switch", "sched", "tp_btf", "", ""}};
    disown_unknown_stages(interval);
    CHECK(interval.counts.operations.front().stage(Stage::cpu).time > Nanoseconds::zero());
    interval.coverage = {{"sched_switch", "sched", "dark", "forbidden", ""}};
    disown_unknown_stages(interval);
    CHECK(interval.counts.operations.front().stage(Stage::cpu).time == Nanoseconds::zero());
    CHECK(interval.counts.operations.front().stage(Stage::other).time ==
          std::chrono::milliseconds(1));
}

TEST_CASE("what nobody tells of the page cache is no number")
{
    Interval interval = sample();
    Operation& row = interval.counts.operations.front();
    row.cache = {100, 20, 30, 10};
    const CoverageLine got{"pages_got", "cache", "raw_tp", "", ""};
    const CoverageLine added{"page_added", "cache", "raw_tp", "", ""};
    const CoverageLine again{"page_again", "cache", "fentry", "", ""};
    interval.coverage = {got, added, again};
    disown_unknown_pages(interval);
    CHECK(row.cache.hits() == 80);
    CHECK(row.cache.again == 10);
    interval.coverage.back().how = "dark";
    disown_unknown_pages(interval);
    CHECK(row.cache.hits() == 80);
    CHECK_FALSE(row.cache.again);
    interval.coverage.at(1).how = "dark";
    disown_unknown_pages(interval);
    CHECK(row.cache.asked == 0);
}

TEST_CASE("what is not followed says so, with the calls seen")
{
    Counts counts;
    counts.io_uring_enters = 12;
    Coverage coverage = {{"uring_submit", "uring", "raw_tp", "", ""},
                         {"uring_complete", "uring", "dark", "forbidden", ""}};
    add_asynchronous(coverage, counts);
    REQUIRE(coverage.size() == 4);
    CHECK(coverage.at(2).dark());
    CHECK(coverage.at(2).reason == "requests are not followed: probe uring_complete is dark; "
                                   "12 io_uring_enter calls seen");
    CHECK(counts.io_uring_enters == 12);
    CHECK(coverage.at(3).reason == "requests are not followed: probe syscall_enter is dark");
}

TEST_CASE("what is followed leaves no call that is not")
{
    Counts counts;
    counts.io_uring_enters = 12;
    counts.aio_submits = 3;
    Coverage coverage = {{"uring_submit", "uring", "raw_tp", "", ""},
                         {"uring_complete", "uring", "raw_tp", "", ""},
                         {"syscall_enter", "syscall", "tp_btf", "", ""},
                         {"syscall_exit", "syscall", "tp_btf", "", ""}};
    add_asynchronous(coverage, counts);
    CHECK_FALSE(coverage.at(4).dark());
    CHECK_FALSE(coverage.at(5).dark());
    CHECK(counts.io_uring_enters == 0);
    CHECK(counts.aio_submits == 0);
}
