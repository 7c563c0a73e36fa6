// SPDX-License-Identifier: GPL-2.0-only
#include "model/levels.h"
#include "tests/support/catch.h"

using namespace iopath;
using namespace std::chrono_literals;

namespace {

BlockRequests row(const std::string& device, std::uint64_t count, Nanoseconds service)
{
    BlockRequests row;
    row.device = device;
    row.op = "read";
    row.count = count;
    row.service.sum = service;
    return row;
}

} // namespace

TEST_CASE("a device that hands nothing on has no levels", "[levels]")
{
    Counts counts;
    counts.block = {row("vda", 10, 10ms)};
    counts.handed_on = {{"vdb", "dm-0", "read", 5, 1ms}, {"vda", "dm-0", "write", 5, 1ms}};
    CHECK(levels_of(counts, counts.block.front()).empty());
}

TEST_CASE("each level keeps what those below it did not take", "[levels]")
{
    // A stripe of two: dm-2 over dm-0 (which delays), over vda, and over vdb.
    Counts counts;
    counts.block = {row("dm-2", 20, 70ms)};
    counts.handed_on = {{"dm-0", "dm-2", "read", 10, 60ms},
                        {"vdb", "dm-2", "read", 10, 8ms},
                        {"vda", "dm-0", "read", 10, 9ms}};
    CHECK(levels_of(counts, counts.block.front()) ==
          std::vector<Level>{
              {"dm-2", 20, 2ms}, {"vdb", 10, 8ms}, {"dm-0", 10, 51ms}, {"vda", 10, 9ms}});
}

TEST_CASE("of a device below two others each row has its share", "[levels]")
{
    Counts counts;
    counts.block = {row("dm-1", 10, 30ms), row("dm-2", 10, 10ms)};
    counts.handed_on = {{"dm-0", "dm-1", "read", 10, 30ms},
                        {"dm-0", "dm-2", "read", 10, 10ms},
                        {"vda", "dm-0", "read", 20, 20ms}};
    CHECK(levels_of(counts, counts.block.front()) ==
          std::vector<Level>{{"dm-1", 10, 0ms}, {"dm-0", 10, 15ms}, {"vda", 15, 15ms}});
}

TEST_CASE("what others gave to a device is not charged to a row of one scope", "[levels]")
{
    Counts counts;
    counts.block = {row("dm-1", 5, 15ms)};
    counts.handed_on = {{"dm-1", "", "read", 10, 30ms},
                        {"vda", "dm-1", "read", 10, 20ms},
                        {"dm-0", "dm-1", "write", 10, 20ms}};
    CHECK(levels_of(counts, counts.block.front()) ==
          std::vector<Level>{{"dm-1", 5, 5ms}, {"vda", 5, 10ms}});
}

TEST_CASE("the levels of a device are those of all its rows", "[levels]")
{
    Counts counts;
    counts.block = {row("dm-0", 10, 10ms), row("dm-0", 10, 10ms), row("vda", 20, 8ms)};
    counts.block[1].op = "write";
    counts.handed_on = {{"vda", "dm-0", "read", 10, 5ms}, {"vda", "dm-0", "write", 10, 3ms}};
    const auto levels = levels_of(counts, "dm-0");
    CHECK(levels == std::vector<Level>{{"dm-0", 20, 12ms}, {"vda", 20, 8ms}});
    CHECK(text_of(levels) == "dm-0 60.0%, vda 40.0%");
}

TEST_CASE("mirrors that take longer in sum leave nothing below zero", "[levels]")
{
    Counts counts;
    counts.block = {row("md0", 10, 10ms)};
    counts.handed_on = {{"vda", "md0", "read", 10, 9ms}, {"vdb", "md0", "read", 10, 9ms}};
    CHECK(levels_of(counts, counts.block.front()).front() == Level{"md0", 10, 0ms});
}

TEST_CASE("names that repeat come to an end", "[levels]")
{
    Counts counts;
    counts.block = {row("dm-0", 10, 10ms)};
    counts.handed_on = {{"dm-0", "dm-0", "read", 10, 9ms}};
    CHECK(levels_of(counts, counts.block.front()).size() == 1);
}
