// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/load.h"
#include "analyze/report.h"
#include "tests/support/build.h"
#include "tests/support/catch.h"
#include "tests/support/sample_interval.h"

using namespace iopath;
using namespace std::chrono_literals;

TEST_CASE("rows are in the order of their non-idle time", "[report]")
{
    Interval interval = test::empty_interval(10s);
    Operation idle = test::operation(Op::recv, Target::tcp, "", "", {{10, 900ms}});
    test::move_time(idle, Stage::network, 0.999);
    interval.counts.operations = {
        idle, test::operation(Op::read, Target::file, "ext4", "vda", {{10, 2ms}}),
        test::operation(Op::write, Target::file, "ext4", "vda", {{10, 30ms}})};
    const Report report = make_report(interval);
    const auto& rows = report.interval.counts.operations;
    CHECK(rows[0].key.op == Op::write);
    CHECK(rows[1].key.op == Op::read);
    CHECK(rows[2].key.op == Op::recv);
    interval.scope.kind = ScopeKind::command;
    CHECK(make_report(interval).interval.counts.operations[0].key.op == Op::recv);
}

TEST_CASE("totals are the sums of the rows", "[report]")
{
    const Interval interval = test::troubled_interval();
    const Report report = make_report(interval);
    std::uint64_t count = 0;
    Nanoseconds time{};
    for (const Operation& row : interval.counts.operations) {
        count += row.count;
        time += row.latency.sum;
    }
    CHECK(report.operations == count);
    CHECK(report.operation_time == time);
    CHECK(report.imbalanced == 3);
    CHECK(report.residual == 12us);
    CHECK(report.idle > 0ns);
}

TEST_CASE("idle is what awaits an arrival", "[report]")
{
    const auto idle_of = [](Op op, Target target, Stage stage) {
        Operation row = test::operation(op, target, "", "", {{10, 1ms}});
        test::move_time(row, stage, 0.5);
        return idle_time(row);
    };
    CHECK(idle_of(Op::read, Target::pipe, Stage::peer) == 5ms);
    CHECK(idle_of(Op::read, Target::other, Stage::timer) == 5ms);
    CHECK(idle_of(Op::recv, Target::tcp, Stage::network) == 5ms);
    CHECK(idle_of(Op::accept, Target::unix_socket, Stage::peer) == 5ms);
    CHECK(idle_of(Op::write, Target::pipe, Stage::peer) == 0ns);
    CHECK(idle_of(Op::connect, Target::tcp, Stage::network) == 0ns);
    CHECK(idle_of(Op::read, Target::pipe, Stage::runqueue) == 0ns);
    CHECK(idle_of(Op::read, Target::file, Stage::network) == 0ns); // NFS: the server works
}

TEST_CASE("OS tax leaves out what is not the box's software", "[report]")
{
    const auto tax_of = [](Op op, Stage stage) {
        Interval interval = test::empty_interval(1s);
        Operation row = test::operation(op, Target::file, "ext4", "vda", {{100, 1ms}});
        test::move_time(row, stage, 0.75);
        interval.counts.operations = {row};
        return os_tax(interval);
    };
    for (const Stage outside :
         {Stage::device, Stage::network, Stage::peer, Stage::timer, Stage::throttle})
        CHECK(tax_of(Op::read, outside) == Approx(0.25));
    for (const Stage inside : {Stage::runqueue, Stage::block_queue, Stage::helper, Stage::lock,
                               Stage::net_rx, Stage::reclaim, Stage::other, Stage::completion})
        CHECK(tax_of(Op::read, inside) == Approx(1));
    CHECK(tax_of(Op::lock, Stage::lock) == Approx(0.25));
    CHECK(os_tax(test::empty_interval(1s)) == 0);
}

TEST_CASE("idle threads change neither ranking nor OS tax", "[report]")
{
    Interval interval = test::empty_interval(10s);
    Operation reads = test::operation(Op::read, Target::file, "ext4", "vda", {{1000, 1ms}});
    test::move_time(reads, Stage::device, 0.6);
    interval.counts.operations = {reads};
    const Report alone = make_report(interval);
    Operation idle = test::operation(Op::read, Target::pipe, "", "", {{20, 9s}});
    test::move_time(idle, Stage::peer, 1);
    interval.counts.operations.insert(interval.counts.operations.begin(), idle);
    const Report beside = make_report(interval);
    CHECK(beside.os_tax == alone.os_tax);
    CHECK(beside.interval.counts.operations[0].key.device == "vda");
    REQUIRE(beside.findings.size() == alone.findings.size());
    CHECK(beside.findings[0].share == alone.findings[0].share);
    CHECK(beside.idle == 180s);
}

TEST_CASE("findings are ranked, the worst first", "[report]")
{
    const Report report = make_report(test::sample_interval());
    REQUIRE(report.findings.size() >= 2);
    for (std::size_t i = 1; i < report.findings.size(); ++i) {
        CHECK(report.findings[i - 1].severity <= report.findings[i].severity);
        CHECK(report.findings[i - 1].share >= report.findings[i].share);
    }
    for (const Finding& finding : report.findings) {
        CHECK_FALSE(finding.summary.empty());
        CHECK_FALSE(finding.evidence.empty());
        CHECK_FALSE(finding.advice.empty());
    }
}

TEST_CASE("the same counts in another order give the same report", "[report]")
{
    Interval interval = test::sample_interval();
    const Report one = make_report(interval);
    std::reverse(interval.counts.operations.begin(), interval.counts.operations.end());
    const Report two = make_report(interval);
    for (std::size_t i = 0; i < one.interval.counts.operations.size(); ++i)
        CHECK(one.interval.counts.operations[i].key == two.interval.counts.operations[i].key);
}

TEST_CASE("a partition's disk is found by name", "[devices]")
{
    CHECK(whole_disk("vda1") == "vda");
    CHECK(whole_disk("vda") == "vda");
    CHECK(whole_disk("sdab12") == "sdab");
    CHECK(whole_disk("nvme0n1p1") == "nvme0n1");
    CHECK(whole_disk("nvme0n1") == "nvme0n1");
    CHECK(whole_disk("nvme10n2p15") == "nvme10n2");
    CHECK(whole_disk("mmcblk0p2") == "mmcblk0");
    CHECK(whole_disk("mmcblk0boot0") == "mmcblk0boot0");
    CHECK(whole_disk("loop0p1") == "loop0");
    CHECK(whole_disk("loop7") == "loop7");
    CHECK(whole_disk("dm-0") == "dm-0");
    CHECK(whole_disk("md127") == "md127");
    CHECK(whole_disk("sr0") == "sr0");
    CHECK(whole_disk("zram0") == "zram0");
    CHECK(whole_disk("").empty());
    CHECK(whole_disk("123") == "123");
}

TEST_CASE("requests behind a device", "[devices]")
{
    Interval interval = test::empty_interval(2s);
    CHECK_FALSE(requests_behind(interval, "vda1"));
    interval.counts.block = {test::requests("vda", "read", {{10, 1ms}}, 1us),
                             test::requests("vda", "flush", {{4, 5ms}}, 1us),
                             test::requests("vdb", "read", {{100, 20ms}}, 1us)};
    const auto vda = requests_behind(interval, "vda1");
    REQUIRE(vda);
    CHECK(vda->device == "vda");
    CHECK(vda->count == 10);
    CHECK(vda->flushes == 4);
    CHECK(vda->depth == Approx(0.005));
    const auto below = requests_behind(interval, "dm-0");
    REQUIRE(below);
    CHECK(below->device == "vdb");
    CHECK(disk_name(*below, "dm-0") == "vdb (the busiest disk, probably below dm-0)");
    CHECK(disk_name(*vda, "vda1") == "vda");
}
