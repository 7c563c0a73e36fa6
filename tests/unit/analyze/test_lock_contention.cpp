// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/findings.h"
#include "tests/support/build.h"
#include "tests/support/catch.h"

using namespace iopath;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

Interval contended(Nanoseconds time)
{
    Interval interval = test::empty_interval(1s);
    interval.counts.operations = {
        test::operation(Op::write, Target::file, "ext4", "vda1", {{1000, 100us}})};
    KernelLockWaits lock{"ext4_buffered_write_iter",
                         "rwsem:W",
                         Op::write,
                         Target::file,
                         "ext4",
                         "vda1",
                         900,
                         time,
                         3ms};
    interval.counts.kernel_locks = {lock};
    return interval;
}

} // namespace

TEST_CASE("lock-contention names the caller and the operation", "[lock-contention]")
{
    const Finding finding = lock_contention(contended(40ms)).at(0);
    CHECK(finding.id == "lock-contention");
    CHECK(finding.layer == "filesystem");
    CHECK(finding.severity == Severity::major);
    CHECK(finding.subject.at(2).second == "ext4_buffered_write_iter");
    CHECK_THAT(finding.summary, ContainsSubstring("40.0%") && ContainsSubstring("rwsem:W"));
    CHECK_THAT(finding.evidence.at(0), ContainsSubstring("write ext4 vda1: 900 waits"));
}

TEST_CASE("lock-contention names the lock that the nodes of a cluster share", "[lock-contention]")
{
    Interval interval = contended(1ms);
    KernelLockWaits lock{"ocfs2_rw_lock",
                         "cluster",
                         Op::write,
                         Target::file,
                         "ocfs2",
                         "vda",
                         7,
                         20ms,
                         9ms,
                         "rw",
                         "EX"};
    KernelLockWaits other_way = lock;
    other_way.caller = "ocfs2_file_read_iter";
    other_way.op = Op::read;
    other_way.level = "PR";
    other_way.time = 15ms;
    KernelLockWaits meta = lock;
    meta.lock = "meta";
    meta.time = 3ms; // too little
    interval.counts.kernel_locks.insert(interval.counts.kernel_locks.end(),
                                        {other_way, lock, meta});
    const Findings findings = lock_contention(interval);
    REQUIRE(findings.size() == 1);
    const Finding& finding = findings[0];
    CHECK(finding.time == 35ms);
    CHECK(finding.subject.at(2).second == "ocfs2_rw_lock");
    CHECK(finding.subject.at(3).second == "cluster");
    CHECK(finding.subject.at(4) == std::pair<std::string, std::string>("lock", "rw"));
    CHECK_THAT(finding.summary, ContainsSubstring("35.0%") && ContainsSubstring("type rw"));
    CHECK_THAT(finding.evidence.at(0),
               ContainsSubstring("write ocfs2 vda: 7 waits") && ContainsSubstring("cluster rw:EX"));
    CHECK_THAT(finding.advice.at(2), ContainsSubstring("locking_state"));
}

TEST_CASE("lock-contention is silent on little", "[lock-contention]")
{
    CHECK(lock_contention(contended(5ms)).empty());
    CHECK(lock_contention(test::empty_interval(1s)).empty());
}
