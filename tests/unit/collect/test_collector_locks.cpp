// SPDX-License-Identifier: GPL-2.0-only
// Waits for locks, of files and of the kernel.
#include "collect/collector.h"
#include "fake_maps.h"
#include "names.h"
#include "tests/support/catch.h"

#include <cstring>
#include <string>

using namespace iopath;
using namespace iopath::test;
using std::chrono::nanoseconds;

namespace {

iopath_file_lock_key lock_key(std::uint32_t waiter, std::uint32_t holder)
{
    iopath_file_lock_key key{};
    key.inode = 12;
    key.dev = kSda;
    key.start = 5;
    key.end = IOPATH_LOCK_END;
    key.waiter = waiter;
    key.holder = holder;
    key.exclusive = 1;
    key.type = IOPATH_LOCK_OFD;
    return key;
}

/// `names`: the file's own comes first, a zero behind each.
iopath_locked_file locked_file(std::string_view names, std::uint32_t flags = 0)
{
    iopath_locked_file file{};
    file.names.flags = flags;
    file.names.bytes = static_cast<std::uint32_t>(names.size());
    names.copy(static_cast<char*>(file.names.text), sizeof(file.names.text));
    return file;
}

iopath_lock_wait lock_wait(std::uint64_t begin)
{
    iopath_lock_wait wait{};
    wait.key = lock_key(7, 9);
    wait.begin = begin;
    std::strcpy(wait.comm, "late");
    return wait;
}

std::string task_in_operation(std::uint32_t thread)
{
    iopath_task_record record{};
    record.kind = IOPATH_TASK_OPEN;
    record.pid = thread;
    return {reinterpret_cast<const char*>(&record), sizeof(record)};
}

} // namespace

TEST_CASE("waits for locks of files are those that ended and those that are open")
{
    FakeMaps maps;
    iopath_file_lock ended{3, 300, 200, "waiter", "holder"};
    maps.put<iopath_file_lock_key, iopath_file_lock>("file_locks", lock_key(7, 8), {ended});
    maps.put<iopath_locked_file_key, iopath_locked_file>("locked_files", {12, kSda, 0},
                                                         {locked_file({"lock\0db\0", 8})});
    maps.put<std::uint32_t, iopath_lock_wait>("lock_waits", 70, {lock_wait(1000)});
    maps.put<std::uint32_t, iopath_lock_wait>("lock_waits", 71, {lock_wait(1)}); // has died
    Collector collector(maps, names());
    CollectExtent extent;
    extent.now_ns = 1500;
    const Counts counts = collector.counts(extent, task_in_operation(70));
    REQUIRE(counts.file_locks.size() == 2);
    const FileLockWaits& row = counts.file_locks[0];
    CHECK(row.key.device == "sda");
    CHECK(row.fs == "ext4");
    CHECK(row.path == "/db/lock");
    CHECK(row.key.start == 5);
    CHECK_FALSE(row.key.end);
    CHECK(row.key.type == FileLockType::ofd);
    CHECK(row.key.exclusive);
    CHECK(row.waits == 3);
    CHECK(row.time == nanoseconds(300));
    CHECK(row.holder_comm == "holder");
    const FileLockWaits& open = counts.file_locks[1];
    CHECK(open.waits == 1);
    CHECK(open.open == 1);
    CHECK(open.time == nanoseconds(500));
    CHECK(open.waiter_comm == "late");
    CHECK(open.holder_comm == "comm9");
}

TEST_CASE("a holder that was not seen at work is asked for its name")
{
    FakeMaps maps;
    maps.put<iopath_file_lock_key, iopath_file_lock>("file_locks", lock_key(7, 8),
                                                     {iopath_file_lock{1, 10, 10, "waiter", ""}});
    maps.put<iopath_file_lock_key, iopath_file_lock>("file_locks", lock_key(7, 0),
                                                     {iopath_file_lock{1, 10, 10, "waiter", ""}});
    Collector collector(maps, names());
    const Counts counts = collector.counts({}, "");
    CHECK(counts.file_locks.at(0).holder_comm == "comm8");
    CHECK(counts.file_locks.at(1).holder_comm.empty()); // unknown
}

TEST_CASE("a path of a locked file that is cut says so, and there may be none")
{
    const auto row_of = [](const iopath_locked_file& file) {
        FakeMaps maps;
        maps.put<iopath_file_lock_key, iopath_file_lock>("file_locks", lock_key(7, 8),
                                                         {iopath_file_lock{}});
        maps.put<iopath_locked_file_key, iopath_locked_file>("locked_files", {12, kSda, 0}, {file});
        Collector collector(maps, names());
        return collector.counts({}, "").file_locks.at(0);
    };
    const FileLockWaits cut = row_of(locked_file({"lock\0db\0", 8}, IOPATH_NAMES_CUT));
    CHECK(cut.path == ".../db/lock");
    CHECK(cut.name == "lock");
    const FileLockWaits nameless = row_of(locked_file(""));
    CHECK(nameless.path.empty());
    CHECK(nameless.name.empty());
}

TEST_CASE("kernel locks are named by the first function that is no lock's own")
{
    FakeMaps maps;
    const iopath_kernel_lock first{{1, 2, 50, 60}, 4, 1 + IOPATH_OP_write, 3, 300, 200};
    const iopath_kernel_lock other_way{{3, 50, 61}, 4, 1 + IOPATH_OP_write, 1, 100, 90};
    const iopath_kernel_lock hidden{{0xffff0010}, 33, 0, 1, 10, 10};
    const iopath_kernel_lock never{{1, 70}, 4, 1 + IOPATH_OP_write, 0, 0, 0};
    std::uint64_t key = 0;
    for (const auto& lock : {first, other_way, hidden, never})
        maps.put<std::uint64_t, iopath_kernel_lock>("kernel_locks", ++key, {lock});
    Collector collector(maps, names());
    const Counts counts = collector.counts({}, "");
    REQUIRE(counts.kernel_locks.size() == 2);
    CHECK(counts.kernel_locks[0].caller == "function_50");
    CHECK(counts.kernel_locks[0].type == "rwsem:W");
    CHECK(counts.kernel_locks[0].op == Op::write);
    CHECK(counts.kernel_locks[0].target == Target::other);
    CHECK(counts.kernel_locks[0].waits == 4);
    CHECK(counts.kernel_locks[0].time == nanoseconds(400));
    CHECK(counts.kernel_locks[0].max == nanoseconds(200));
    CHECK(counts.kernel_locks[1].caller == "0xffff0010");
    CHECK(counts.kernel_locks[1].type == "mutex");
    CHECK(counts.kernel_locks[1].op == Op::open);
}

TEST_CASE("a lock of a cluster is told by what it is of, and for what")
{
    FakeMaps maps;
    const auto put = [&](std::uint64_t key, std::uint32_t type, std::uint32_t level) {
        maps.put<std::uint64_t, iopath_kernel_lock>(
            "kernel_locks", key,
            {{{50}, IOPATH_CLUSTER_FLAGS(type, level), 1 + IOPATH_OP_write, 1, 10, 10}});
    };
    put(1, 1, 3);  // OCFS2_LOCK_TYPE_META, DLM_LOCK_PR
    put(2, 5, 5);  // OCFS2_LOCK_TYPE_RW, DLM_LOCK_EX
    put(3, 13, 5); // OCFS2_LOCK_TYPE_TRIM_FS
    put(4, 0, 5);
    put(5, 99, 9);
    Collector collector(maps, names());
    const Counts counts = collector.counts({}, "");
    std::vector<std::string> texts;
    for (const KernelLockWaits& row : counts.kernel_locks) {
        CHECK(row.type == "cluster");
        CHECK(row.fs == "ocfs2");
        texts.push_back(type_text(row));
    }
    CHECK(texts == std::vector<std::string>{"cluster meta:PR", "cluster rw:EX",
                                            "cluster trim_fs:EX", "cluster unknown:EX",
                                            "cluster type 98:level 9"});
}

TEST_CASE("a lock that no event told of is a folio's if functions for folios were called")
{
    FakeMaps maps;
    maps.put<std::uint64_t, iopath_kernel_lock>(
        "kernel_locks", 1, {{{5, 6, 50}, IOPATH_LOCK_SLEEP, 1 + IOPATH_OP_write, 1, 10, 10}});
    maps.put<std::uint64_t, iopath_kernel_lock>(
        "kernel_locks", 2, {{{6, 51, 5}, IOPATH_LOCK_SLEEP, 1 + IOPATH_OP_write, 1, 10, 10}});
    Collector collector(maps, names());
    const Counts counts = collector.counts({}, "");
    REQUIRE(counts.kernel_locks.size() == 2);
    CHECK(counts.kernel_locks[0].caller == "function_50");
    CHECK(counts.kernel_locks[0].type == "folio");
    CHECK(counts.kernel_locks[1].caller == "function_51");
    CHECK(counts.kernel_locks[1].type == "wait");
}
