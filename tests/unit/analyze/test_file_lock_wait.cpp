// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/findings.h"
#include "tests/support/build.h"
#include "tests/support/catch.h"

using namespace iopath;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

namespace {

FileLockWaits waits(int waiter, int holder, std::uint64_t count, Nanoseconds time)
{
    FileLockWaits row;
    row.key = {"vda1", 77, 0, 9, FileLockType::posix, true, waiter, holder};
    row.path = "/var/lib/db/lock";
    row.name = "lock";
    row.waiter_comm = "reader";
    row.holder_comm = holder != 0 ? "writer" : "";
    row.waits = count;
    row.time = time;
    row.max = time;
    return row;
}

/// Four operations of 100 ms in all.
Interval locked(std::vector<FileLockWaits> rows)
{
    Interval interval = test::empty_interval(1s);
    interval.counts.operations = {
        test::operation(Op::lock, Target::file, "ext4", "vda1", {{4, 25ms}})};
    interval.counts.file_locks = std::move(rows);
    return interval;
}

} // namespace

TEST_CASE("file-lock-wait names both processes, the file and the range", "[file-lock-wait]")
{
    const Findings findings =
        file_lock_wait(locked({waits(10, 20, 2, 40ms), waits(11, 10, 1, 20ms)}));
    REQUIRE(findings.size() == 1);
    const Finding& finding = findings.front();
    CHECK(finding.id == "file-lock-wait");
    CHECK(finding.layer == "filesystem");
    CHECK(finding.severity == Severity::critical);
    CHECK(finding.time == 60ms);
    CHECK_THAT(finding.share, WithinAbs(0.6, 1e-9));
    CHECK_THAT(finding.summary, ContainsSubstring("reader[10]") &&
                                    ContainsSubstring("writer[20]") &&
                                    ContainsSubstring("/var/lib/db/lock"));
    CHECK(finding.subject.at(2) == std::pair<std::string, std::string>{"lock", "posix, write 0-9"});
    CHECK_THAT(finding.evidence.at(1),
               ContainsSubstring("reader[11] waited for writer[10] 1 time"));
}

TEST_CASE("file-lock-wait fires on a wait that is not over", "[file-lock-wait]")
{
    FileLockWaits open = waits(10, 0, 1, 900ms);
    open.open = 1;
    open.open_time = 900ms;
    const Finding finding = file_lock_wait(locked({open})).at(0);
    CHECK_THAT(finding.share, WithinAbs(0.9, 1e-9)); // of the operations' 100 ms and its own
    CHECK_THAT(finding.summary, ContainsSubstring("an unknown process"));
    CHECK_THAT(finding.evidence.at(0), ContainsSubstring("it still waits"));
}

TEST_CASE("file-lock-wait is silent on little", "[file-lock-wait]")
{
    CHECK(file_lock_wait(locked({})).empty());
    CHECK(file_lock_wait(locked({waits(10, 20, 4, 9ms)})).empty());
    CHECK(file_lock_wait(test::empty_interval(1s)).empty());
}

TEST_CASE("each file has its own file-lock-wait", "[file-lock-wait]")
{
    FileLockWaits other = waits(10, 20, 1, 30ms);
    other.key.inode = 78;
    CHECK(file_lock_wait(locked({waits(10, 20, 1, 30ms), other})).size() == 2);
}
