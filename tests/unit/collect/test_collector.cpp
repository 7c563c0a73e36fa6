// SPDX-License-Identifier: GPL-2.0-only
#include "collect/collector.h"
#include "fake_maps.h"
#include "names.h"
#include "tests/support/catch.h"

#include <cerrno>
#include <cstring>
#include <map>
#include <string>
#include <unistd.h>

using namespace iopath;
using namespace iopath::test;
using std::chrono::nanoseconds;

namespace {

constexpr std::uint32_t kRow = IOPATH_FIRST_FREE_ROW;

void set_row_info(FakeMaps& maps, std::uint32_t row, iopath_row_info info)
{
    info.key.peer_target = IOPATH_NO_PEER_TARGET;
    maps.set<iopath_row_info>("row_infos", row, {info});
}

iopath_row_info file_read()
{
    iopath_row_info info{};
    info.key.op = IOPATH_OP_read;
    info.key.target = IOPATH_TARGET_file;
    info.key.dev = kSda;
    std::strcpy(info.fs, "ext4");
    return info;
}

/// Two operations that only ran and, on another CPU, one that waited.
void set_two_cpus(FakeMaps& maps)
{
    iopath_row first{};
    first.pure_ns = 300;
    first.pure[10] = 2;
    first.bytes = 100;
    first.max_ns = 200;
    iopath_row second{};
    second.mixed_ns = 1000;
    second.mixed[40] = 1;
    second.stage_ns[IOPATH_STAGE_cpu] = 400;
    second.stage_ns[IOPATH_STAGE_device] = 600;
    second.max_ns = 1000;
    second.errors = 1;
    second.voluntary = 3;
    maps.set<iopath_row>("rows", kRow, {first, second});
}

std::string record(iopath_task_record one)
{
    return {reinterpret_cast<const char*>(&one), sizeof(one)};
}

} // namespace

TEST_CASE("rows of all CPUs add up to one operation, with its cpu time and its names")
{
    FakeMaps maps;
    set_row_info(maps, kRow, file_read());
    set_two_cpus(maps);
    maps.put<iop_u32, iop_u64>("stage_buckets", IOPATH_STAGE_KEY(kRow, IOPATH_STAGE_device, 30),
                               {1});
    maps.put<iop_u32, iop_u64>("stage_buckets", IOPATH_STAGE_KEY(kRow, IOPATH_STAGE_cpu, 20), {1});
    Collector collector(maps, names());
    const Counts counts = collector.counts({kRow + 1, 0, false, false}, "");

    REQUIRE(counts.operations.size() == 1);
    const Operation& read = counts.operations.front();
    CHECK(read.key.op == Op::read);
    CHECK(read.key.fs == "ext4");
    CHECK(read.key.device == "sda");
    CHECK(read.count == 3);
    CHECK(read.bytes == 100);
    CHECK(read.errors == 1);
    CHECK(read.voluntary == 3);
    CHECK(read.latency.sum == nanoseconds(1300));
    CHECK(read.latency.max == nanoseconds(1000));
    CHECK(read.stage(Stage::cpu).time == nanoseconds(700));
    CHECK(read.stage(Stage::cpu).histogram.count() == 3); // the pure ones belong to it
    CHECK(read.stage(Stage::device).time == nanoseconds(600));
    CHECK(read.stage(Stage::device).histogram.count() == 1);
}

TEST_CASE("what an operation did on another CPU than where it ended counts")
{
    FakeMaps maps;
    set_row_info(maps, kRow, file_read());
    iopath_row ended{};
    ended.pure_ns = 300;
    ended.pure[10] = 2;
    ended.max_ns = 200;
    ended.pages_asked = 8;
    iopath_row before{};
    before.pages_missed = 3;
    before.pages_added = 5;
    before.pages_again = 1;
    before.dirty.pauses = 2;
    before.dirty.limit = 10;
    before.reclaims[IOPATH_RECLAIM_limit] = 4;
    maps.set<iopath_row>("rows", kRow, {before, ended});
    Collector collector(maps, names());
    const Counts counts = collector.counts({kRow + 1, 0, false, false}, "");

    REQUIRE(counts.operations.size() == 1);
    const Operation& read = counts.operations.front();
    CHECK(read.cache.hits() == 5);
    CHECK(read.cache.read_ahead() == 2);
    CHECK(read.cache.again == 1);
    CHECK(read.pauses.count == 2);
    CHECK(read.pauses.mean(read.pauses.limit) == 5.0 * static_cast<double>(sysconf(_SC_PAGESIZE)));
    CHECK(read.reclaims.at(static_cast<std::size_t>(Reclaim::limit)) == 4);
}

TEST_CASE("rows that differ in nothing a reader sees become one")
{
    FakeMaps maps;
    iopath_row row{};
    row.pure_ns = 10;
    row.pure[0] = 1;
    row.max_ns = 10;
    for (const std::uint32_t index : {kRow, kRow + 1}) {
        set_row_info(maps, index, file_read());
        maps.set<iopath_row>("rows", index, {row});
    }
    Collector collector(maps, names());
    const Counts counts = collector.counts({kRow + 2, 0, false, false}, "");
    REQUIRE(counts.operations.size() == 1);
    CHECK(counts.operations.front().count == 2);
}

TEST_CASE("what found no room is counted in its op's own row")
{
    FakeMaps maps;
    iopath_row row{};
    row.pure_ns = 10;
    row.pure[0] = 4;
    row.max_ns = 10;
    maps.set<iopath_row>("rows", 1 + IOPATH_OP_send, {row});
    Collector collector(maps, names());
    const Counts counts = collector.counts({kRow, 0, false, false}, "");
    REQUIRE(counts.operations.size() == 1);
    CHECK(counts.operations.front().key.op == Op::send);
    CHECK(counts.operations.front().key.target == Target::other);
    CHECK(counts.operations.front().count == 4);
}

TEST_CASE("helpers add up under the name of their kind, the longest first")
{
    FakeMaps maps;
    set_row_info(maps, kRow, file_read());
    set_two_cpus(maps);
    for (const auto& [comm, ns] :
         {std::pair{"kworker/0:1", 5}, {"kworker/u8:2", 7}, {"jbd2/sda-8", 9}}) {
        iopath_via_key key{};
        key.row = kRow;
        key.stage = IOPATH_STAGE_helper;
        std::strncpy(key.comm, comm, sizeof(key.comm) - 1);
        maps.put<iopath_via_key, iop_u64>("vias", key, {static_cast<iop_u64>(ns)});
    }
    Collector collector(maps, names());
    const Counts counts = collector.counts({kRow + 1, 0, false, false}, "");
    const auto& via = counts.operations.at(0).stage(Stage::helper).via;
    REQUIRE(via.size() == 2);
    CHECK(via.at(0).comm == "kworker");
    CHECK(via.at(0).time == nanoseconds(12));
    CHECK(via.at(1).comm == "jbd2/sda-8");
}

TEST_CASE("time by process is what was written out and what threads still hold")
{
    FakeMaps maps;
    set_row_info(maps, kRow, file_read());
    set_two_cpus(maps);
    iopath_top written{};
    written.ns = 100;
    std::strcpy(written.comm, "fio");
    maps.put<iopath_top_key, iopath_top>("tops", {7, kRow}, {written});
    iopath_task_record held{};
    held.kind = IOPATH_TASK_TOP;
    held.tgid = 7;
    held.row = kRow;
    held.ns = 50;
    std::strcpy(held.comm, "fio");
    iopath_task_record other = held;
    other.tgid = 8;
    other.ns = 500;
    Collector collector(maps, names());
    const Counts counts =
        collector.counts({kRow + 1, 0, false, false}, record(held) + record(other));
    const auto& top = counts.operations.at(0).top;
    REQUIRE(top.size() == 2);
    CHECK(top.at(0).pid == 8);
    CHECK(top.at(1).pid == 7);
    CHECK(top.at(1).time == nanoseconds(150));
}

TEST_CASE("open operations, those begun before attaching, and live processes are told apart")
{
    FakeMaps maps;
    set_row_info(maps, kRow, file_read());
    iopath_task_record open{};
    open.kind = IOPATH_TASK_OPEN;
    open.pid = 3;
    open.row = kRow;
    open.ns = 900;
    open.stage_ns[IOPATH_STAGE_device] = 900;
    iopath_task_record before{};
    before.kind = IOPATH_TASK_BEGUN_BEFORE;
    before.row = 1 + IOPATH_OP_recv;
    iopath_task_record member{};
    member.kind = IOPATH_TASK_MEMBER;
    const std::string tasks = record(open) + record(before) + record(member);
    Collector collector(maps, names());
    (void)collector.counts({kRow + 1, 0, false, false}, tasks);
    const auto in_flight = collector.in_flight(tasks);
    REQUIRE(in_flight.size() == 2);
    CHECK(in_flight.at(0).key.device == "sda");
    CHECK(in_flight.at(0).syscall == "read");
    CHECK(in_flight.at(0).stages.at(static_cast<std::size_t>(Stage::device)) == nanoseconds(900));
    CHECK_FALSE(in_flight.at(0).begun_before);
    CHECK(in_flight.at(1).begun_before);
    CHECK(in_flight.at(1).key.op == Op::recv);
    CHECK(Collector::live_members(tasks) == 1);
}

TEST_CASE("by file rows carry a path, those without one and those without room say so")
{
    FakeMaps maps;
    const std::vector<std::uint32_t> numbers{7, 8, 0, IOPATH_OTHER_FILES};
    for (std::uint32_t i = 0; i < numbers.size(); ++i) {
        iopath_row_info info = file_read();
        info.key.scope = numbers.at(i);
        set_row_info(maps, kRow + i, info);
        iopath_row row{};
        row.pure_ns = 1;
        row.pure[1] = i + 1;
        maps.set<iopath_row>("rows", kRow + i, {row});
    }
    iopath_file known{};
    known.number = 7;
    std::memcpy(&known.names.text[0], "file\0tmp", 9);
    known.names.bytes = 9;
    iopath_file cut = known;
    cut.number = 8;
    cut.names.flags = IOPATH_NAMES_CUT | IOPATH_NAMES_DELETED;
    maps.put<iopath_file_key, iopath_file>("files", {}, {known});
    maps.put<iopath_file_key, iopath_file>("files", {}, {cut});
    Collector collector(maps, names());
    const auto rows = collector.counts({kRow + 4, 0, false, false, 0, 0, true}, "").operations;
    std::map<std::uint64_t, FileName> files;
    for (const Operation& row : rows)
        files[row.count] = row.key.file.value();
    REQUIRE(files.size() == 4);
    CHECK(files[1] == FileName{FileName::What::path, "/tmp/file", false, false});
    CHECK(files[2] == FileName{FileName::What::path, ".../tmp/file", true, true});
    CHECK(files[3] == FileName{});
    CHECK(files[4].what == FileName::What::others);
}

TEST_CASE("by process and by cgroup rows carry them")
{
    FakeMaps maps;
    iopath_row_info info = file_read();
    info.key.scope = 42;
    std::strcpy(info.comm, "dd");
    set_row_info(maps, kRow, info);
    set_two_cpus(maps);
    Collector collector(maps, names());
    CHECK(collector.counts({kRow + 1, 0, true, false}, "").operations.at(0).key.pid == 42);
    CHECK(collector.counts({kRow + 1, 0, false, true}, "").operations.at(0).key.cgroup ==
          "/cgroup42");
}

TEST_CASE("requests are named by device and op, their CPUs added up")
{
    FakeMaps maps;
    iopath_block_info info{{0, kSda, 2}, {}};
    maps.set<iopath_block_info>("block_infos", 1, {info});
    iopath_block_row row{};
    row.service[50] = 3;
    row.service_ns = 900;
    row.queue[5] = 3;
    row.bytes = 4096;
    row.merges = 1;
    maps.set<iopath_block_row>("block_rows", 1, {row, row});
    Collector collector(maps, names());
    const Counts counts = collector.counts({kRow, 2, false, false}, "");
    REQUIRE(counts.block.size() == 1);
    CHECK(counts.block.front().device == "sda");
    CHECK(counts.block.front().op == "flush");
    CHECK(counts.block.front().count == 6);
    CHECK(counts.block.front().merges == 2);
    CHECK(counts.block.front().service.sum == nanoseconds(1800));
}

TEST_CASE("requests have their submitters, a process by its latest name")
{
    FakeMaps maps;
    maps.set<iopath_block_info>("block_infos", 1, {iopath_block_info{{0, kSda, 1}, {}}});
    iopath_block_row row{};
    row.service[50] = 5;
    maps.set<iopath_block_row>("block_rows", 1, {row});
    const auto add = [&](std::uint32_t number, iopath_submitter info, iopath_submitted counts) {
        info.row = 1;
        maps.set<iopath_submitter>("submitters", number, {info});
        maps.set<iopath_submitted>("submitted", number, {counts, counts});
    };
    add(1, {{7, 42, IOPATH_SUBMITTER_PROCESS, kSda, 1, ""}, 1, "sh"}, {1, 100, 10});
    add(2, {{7, 42, IOPATH_SUBMITTER_PROCESS, kSda, 0, ""}, 1, "dd"}, {1, 100, 10});
    add(3, {{9, 0, IOPATH_SUBMITTER_WRITEBACK, kSda, 1, "flush-8:0"}, 1, ""}, {3, 4096, 500});
    Collector collector(maps, names());
    const Counts counts = collector.counts({kRow, 2, false, false, 4}, "");
    REQUIRE(counts.block.size() == 1);
    const auto& by = counts.block.front().by;
    REQUIRE(by.size() == 2);
    CHECK(by[0].by ==
          Submitter{SubmitterKind::writeback, 0, "writeback", "/cgroup9", "sda", "ext4"});
    CHECK(by[0].count == 6);
    CHECK(by[1].by == Submitter{SubmitterKind::process, 42, "dd", "/cgroup7", "", ""});
    CHECK(by[1].count == 4);
    CHECK(by[1].time == nanoseconds(40));
}

TEST_CASE("writeback whose work names no number has a device by that name")
{
    FakeMaps maps;
    maps.set<iopath_block_info>("block_infos", 1, {iopath_block_info{{0, kSda, 1}, {}}});
    iopath_block_row row{};
    row.service[50] = 1;
    maps.set<iopath_block_row>("block_rows", 1, {row});
    const iopath_submitter flusher{{9, 0, IOPATH_SUBMITTER_WRITEBACK, kSda, 1, "flush-8:x"}, 1, ""};
    maps.set<iopath_submitter>("submitters", 1, {flusher});
    maps.set<iopath_submitted>("submitted", 1, {iopath_submitted{1, 4096, 10}});
    Collector collector(maps, names());
    const Counts counts = collector.counts({kRow, 2, false, false, 2}, "");
    REQUIRE(counts.block.size() == 1);
    REQUIRE(counts.block.front().by.size() == 1);
    CHECK(counts.block.front().by.front().by.device == "8:x");
}

TEST_CASE("what one device hands on to another, and what a loop device reads of its file")
{
    FakeMaps maps;
    maps.set<iopath_block_info>("block_infos", 1, {iopath_block_info{{0, kSda, 0}, {}}});
    iopath_block_row row{};
    row.service[50] = 5;
    maps.set<iopath_block_row>("block_rows", 1, {row});
    const auto add = [&](std::uint32_t number, iopath_submitter info) {
        maps.set<iopath_submitter>("submitters", number, {info});
        maps.set<iopath_submitted>("submitted", number, {iopath_submitted{1, 100, 10}});
    };
    add(1, {{0, 0, IOPATH_SUBMITTER_KERNEL, kSda, 0, "loop7"}, 1, ""});
    add(2, {{0, 0, IOPATH_SUBMITTER_KERNEL, kSda, 0, "loops"}, 1, ""});
    add(3, {{0, 9, IOPATH_SUBMITTER_PROCESS, kSda, 0, ""}, 1, "loop7"});
    using Levels = std::vector<iopath_level>;
    maps.put("block_levels", iopath_level_key{kSda, kSda + 1, 1}, Levels{{2, 30}, {1, 10}});
    maps.put("block_levels", iopath_level_key{kSda, 0, 0}, Levels{{4, 50}, {0, 0}});
    Collector collector(maps, names());
    const Counts counts = collector.counts({kRow, 2, false, false, 4}, "");
    REQUIRE(counts.handed_on.size() == 3);
    const auto check = [&](std::size_t at, const char* from, const char* op, unsigned count,
                           int nanos) {
        CHECK(counts.handed_on[at].device == "sda");
        CHECK(counts.handed_on[at].from == from);
        CHECK(counts.handed_on[at].op == op);
        CHECK(counts.handed_on[at].count == count);
        CHECK(counts.handed_on[at].time == nanoseconds(nanos));
    };
    check(0, "?", "write", 3, 40);
    check(1, "", "read", 4, 50);
    check(2, "loop7", "read", 1, 10);
}

TEST_CASE("NVMe commands have rows by disk or controller, hardware queue and CPU")
{
    FakeMaps maps;
    iopath_nvme submits{};
    std::strcpy(submits.disk, "nvme0n1");
    submits.submitted = 3;
    submits.retries = 1;
    submits.queue = {30, 20, {}};
    submits.queue.buckets[4] = 3;
    iopath_nvme completes{}; // another CPU, which never saw the disk's name
    completes.elsewhere = 2;
    completes.interrupts = 3;
    completes.interrupts_elsewhere = 1;
    completes.command = {900, 400, {}};
    completes.command.buckets[40] = 3;
    completes.completion = {6, 3, {}};
    completes.completion.buckets[1] = 3;
    maps.put<iopath_nvme_key, iopath_nvme>("nvme_queues", {kSda, 2, 0}, {submits});
    maps.put<iopath_nvme_key, iopath_nvme>("nvme_queues", {kSda, 2, 1}, {completes});
    iopath_nvme admin{};
    admin.submitted = 1;
    maps.put<iopath_nvme_key, iopath_nvme>("nvme_queues", {7, 0, 0}, {admin});
    maps.put<iopath_nvme_key, iopath_nvme>("nvme_queues", {IOPATH_NVME_UNKNOWN, 0, 0}, {admin});
    maps.put<iopath_nvme_key, iopath_nvme>("nvme_queues", {8, 0, 0}, {iopath_nvme{}});
    maps.put<iopath_nvme_error_key, iop_u64>("nvme_errors", {{kSda, 2, 1}, 7, 0}, {2});
    maps.put<iopath_nvme_error_key, iop_u64>("nvme_errors",
                                             {{kSda, 2, 1}, IOPATH_STATUS_ERRNO | ENODATA, 0}, {1});
    Collector collector(maps, names());
    const Counts counts = collector.counts({kRow, 0, false, false}, "");

    REQUIRE(counts.nvme.size() == 4);
    CHECK(counts.nvme[0].device == "nvme7");
    CHECK(counts.nvme[0].qid == 0);
    CHECK(counts.nvme[1].device == "nvme");
    const NvmeQueue& first = counts.nvme[2];
    CHECK(first.device == "nvme0n1");
    CHECK(first.cpu == 0);
    CHECK(first.submitted == 3);
    CHECK(first.retries == 1);
    CHECK(first.queue.sum == nanoseconds(30));
    CHECK(first.completed() == 0);
    const NvmeQueue& second = counts.nvme[3];
    CHECK(second.device == "nvme0n1");
    CHECK(second.qid == 2);
    CHECK(second.cpu == 1);
    CHECK(second.completed() == 3);
    CHECK(second.elsewhere == 2);
    CHECK(second.interrupts == 3);
    CHECK(second.interrupts_elsewhere == 1);
    CHECK(second.command.max == nanoseconds(400));
    CHECK(second.completion.histogram.count() == 3);
    CHECK(second.errors == std::map<std::string, std::uint64_t>{{"MEDIUM", 3}});
}

TEST_CASE("interrupts have the names of /proc/interrupts, softirqs those of /proc/softirqs")
{
    FakeMaps maps;
    iopath_latency irq{};
    irq.buckets[9] = 2;
    maps.put<iopath_irq_key, iopath_latency>("irqs", {24, 1}, {irq});
    maps.put<iopath_irq_key, iopath_latency>(
        "irqs", {IOPATH_IRQ_VECTOR | IOPATH_VECTOR_local_timer, 0}, {irq});
    iopath_softirq softirq{};
    softirq.buckets[3] = 1;
    maps.set<iopath_softirq>("softirqs", 3, {iopath_softirq{}, softirq});
    Collector collector(maps, names());
    const Counts counts = collector.counts({kRow, 0, false, false}, "");
    REQUIRE(counts.interrupts.size() == 2);
    CHECK(counts.interrupts.at(0).irq == "24");
    CHECK(counts.interrupts.at(0).name == "irq24");
    CHECK(counts.interrupts.at(0).cpu == 1);
    CHECK(counts.interrupts.at(1).irq == "LOC");
    REQUIRE(counts.softirqs.size() == 1);
    CHECK(counts.softirqs.front().vector == "NET_RX");
    CHECK(counts.softirqs.front().cpu == 1);
}

TEST_CASE("losses and calls not followed add up over the CPUs")
{
    FakeMaps maps;
    iopath_counters one{};
    one.losses[IOPATH_LOSS_missed_run] = 2;
    one.not_followed[IOPATH_NOT_FOLLOWED_AIO] = 5;
    maps.set<iopath_counters>("counters", 0, {one, one});
    Collector collector(maps, names());
    const Counts counts = collector.counts({kRow, 0, false, false}, "");
    CHECK(counts.losses.at(static_cast<std::size_t>(Loss::missed_run)) == 4);
    CHECK(counts.aio_submits == 10);
    CHECK(counts.io_uring_enters == 0);
}

TEST_CASE("what rows do not tell of asynchronous requests adds up over the CPUs")
{
    FakeMaps maps;
    iopath_async one{};
    one.submitted = 5;
    one.completed = 4;
    one.punted[IOPATH_PUNT_would_block] = 2;
    one.in_flight_max = 3;
    one.batches = 2;
    one.batched = 5;
    one.batch_max = 4;
    one.batch[2] = 1;
    one.reap.ns = 7;
    one.reap.buckets[9] = 4;
    maps.set<iopath_async>("async_counts", IOPATH_INTERFACE_io_uring, {one, one});
    Collector collector(maps, names());
    const Counts counts = collector.counts({kRow, 0, false, false}, "");
    REQUIRE(counts.async.size() == 1);
    const AsyncRequests& row = counts.async.front();
    CHECK(row.interface == Interface::io_uring);
    CHECK(row.submitted == 10);
    CHECK(row.completed == 8);
    CHECK(row.punted.at(static_cast<std::size_t>(Punt::would_block)) == 4);
    CHECK(row.in_flight_max == 3);
    CHECK(row.batches.count == 4);
    CHECK(row.batches.sum == 10);
    CHECK(row.batches.max == 4);
    CHECK(row.batches.buckets.at(2) == 2);
    CHECK(row.reap.histogram.count() == 8);
    CHECK(row.reap.sum == Nanoseconds(14));
}
