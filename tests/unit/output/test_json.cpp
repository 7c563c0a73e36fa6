// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/report.h"
#include "output/json/json.h"
#include "tests/support/build.h"
#include "tests/support/catch.h"
#include "tests/support/golden.h"
#include "tests/support/sample_interval.h"

#include <nlohmann/json.hpp>

using namespace iopath;
using namespace std::chrono_literals;
using Catch::Matchers::Equals;
using nlohmann::json;

namespace {

json sample()
{
    return json::parse(report_json(make_report(test::sample_interval())));
}

void check_keys(const json& object, const std::vector<std::string>& keys)
{
    for (const std::string& key : keys) {
        INFO("key " << key << " of " << object.dump().substr(0, 80));
        CHECK(object.contains(key));
    }
}

const std::vector<std::string> kLatencyKeys{"count", "sum",  "p50", "p90",
                                            "p99",   "p999", "max", "buckets"};

} // namespace

TEST_CASE("JSON of the sample is as kept", "[json]")
{
    CHECK_THAT(test::golden_difference("report.json",
                                       report_json(make_report(test::sample_interval()), 1) + "\n"),
               Equals(""));
    CHECK_THAT(test::golden_difference(
                   "troubled.json", report_json(make_report(test::troubled_interval()), 1) + "\n"),
               Equals(""));
    CHECK_THAT(test::golden_difference("doctor.json", doctor_json(test::sample_interval().host,
                                                                  test::sample_coverage(),
                                                                  test::sample_facts(), 1) +
                                                          "\n"),
               Equals(""));
}

TEST_CASE("no key of the contract is missing", "[json]")
{
    const std::vector<std::string> top{
        "schema",   "host",       "interval", "scope",     "operations",   "in_flight",
        "block",    "interrupts", "softirqs", "scheduler", "pipes",        "network",
        "failures", "lookups",    "os_tax",   "findings",  "idle_seconds", "steal_seconds",
        "coverage", "losses",     "ledger",   "self"};
    for (const json& report :
         {sample(), json::parse(report_json(make_report(test::empty_interval(1s))))}) {
        check_keys(report, top);
        CHECK(report["schema"] == "iopath.report/1");
        check_keys(report["host"], {"kernel", "arch", "cpus", "hostname"});
        check_keys(report["interval"], {"start", "seconds"});
        check_keys(report["scheduler"], {"switches", "migrations", "runqueue"});
        check_keys(report["scheduler"]["runqueue"], kLatencyKeys);
        check_keys(report["network"], {"tcp", "drops", "listen_overflows"});
        check_keys(report["network"]["tcp"],
                   {"retransmits", "resets_sent", "resets_received", "connect_failures", "srtt"});
        check_keys(report["ledger"], {"operations", "imbalanced", "residual_seconds"});
        check_keys(report["self"], {"bpf_seconds", "user_seconds", "rss_bytes"});
    }
}

TEST_CASE("no key of a row is missing", "[json]")
{
    const json report = json::parse(report_json(make_report(test::troubled_interval())));
    for (const json& row : report["operations"]) {
        check_keys(row, {"op", "target", "fs", "device", "count", "bytes", "errors", "interrupted",
                         "seconds", "idle_seconds", "latency", "switches", "stages", "top"});
        check_keys(row["latency"], kLatencyKeys);
        for (const json& stage : row["stages"])
            check_keys(stage, {"stage", "seconds", "share", "count", "p50", "p99", "via"});
    }
    for (const json& row : report["in_flight"])
        check_keys(row, {"op", "target", "fs", "device", "pid", "comm", "seconds", "stages"});
    for (const json& row : report["block"])
        check_keys(row, {"device", "op", "count", "bytes", "errors", "queue", "service",
                         "depth_mean", "flushes", "merges", "requeues"});
    for (const json& row : report["nvme"])
        check_keys(row, {"device", "qid", "cpu", "submitted", "completed",
                         "completed_elsewhere_share", "interrupts_elsewhere_share", "retries",
                         "errors", "queue", "command", "completion"});
    CHECK(report["nvme"][0]["completed_elsewhere_share"].get<double>() == Approx(4.0 / 13));
    CHECK(report["nvme"][1]["completed_elsewhere_share"].is_null());
    CHECK(report["nvme"][2]["completed_elsewhere_share"] == 0);
    CHECK(report["nvme"].size() == 3);
    for (const json& row : report["interrupts"])
        check_keys(row, {"irq", "name", "cpu", "count", "seconds", "latency"});
    for (const json& row : report["softirqs"])
        check_keys(row, {"vector", "cpu", "count", "seconds", "latency", "delay"});
    for (const json& row : report["findings"])
        check_keys(row, {"id", "layer", "severity", "share", "seconds", "subject", "summary",
                         "evidence", "advice"});
    for (const json& row : report["coverage"])
        check_keys(row, {"probe", "layer", "how", "reason"});
    CHECK(report["interrupts"][0]["irq"].is_string());
    CHECK(report["in_flight"].size() == 2);
}

TEST_CASE("stages in JSON sum to the seconds of their row", "[json]")
{
    const json report = sample();
    REQUIRE(report["operations"].size() == 6);
    for (const json& row : report["operations"]) {
        double seconds = 0;
        double share = 0;
        for (const json& stage : row["stages"]) {
            seconds += stage["seconds"].get<double>();
            share += stage["share"].get<double>();
        }
        CHECK(seconds == Approx(row["seconds"].get<double>()).epsilon(1e-12));
        CHECK(share == Approx(1));
    }
}

TEST_CASE("what is unknown is null", "[json]")
{
    const json report = json::parse(report_json(make_report(test::empty_interval(1s))));
    CHECK(report["os_tax"].is_null());
    CHECK(report["network"]["tcp"]["srtt"].is_null());
    CHECK(report["network"]["tcp"]["retransmits"].is_null());
    CHECK(report["network"]["drops"].is_null());
    CHECK(report["network"]["listen_overflows"].is_null());
    CHECK(report["scheduler"]["runqueue"]["p50"].is_null());
    CHECK(report["scheduler"]["runqueue"]["count"] == 0);
    CHECK(report["pipes"] == json::array());
    CHECK(report["failures"] == json::array());
    CHECK(report["losses"] == json::array());

    const json troubled = json::parse(report_json(make_report(test::troubled_interval())));
    const json& before = troubled["in_flight"][0];
    CHECK(before["begun_before"] == true);
    CHECK(before["target"].is_null());
    CHECK(before["syscall"] == "fsync");
    CHECK(before["op"] == "sync");
}

TEST_CASE("failures keep names that are text, and escape those that are not", "[json]")
{
    Interval interval = test::empty_interval(1s);
    Failure row;
    row.op = Op::open;
    row.error = "ENOENT";
    row.pid = 42;
    row.comm = "cat";
    row.count = 3;
    for (const char* path : {"/a\n\x1b[2J", "/b\xff\n"}) {
        row.path = path;
        interval.counts.failures.push_back(row);
    }
    row.path.reset();
    row.pid = 0;
    row.comm.clear();
    interval.counts.failures.push_back(row);
    const json failures = json::parse(report_json(make_report(interval)))["failures"];
    REQUIRE(failures.size() == 3);
    for (const char* key : {"op", "errno", "path", "comm", "pid", "count"})
        CHECK(failures[0].contains(key));
    CHECK(failures[0]["op"] == "open");
    CHECK(failures[0]["errno"] == "ENOENT");
    CHECK(failures[0]["path"] == "/a\n\x1b[2J");
    CHECK(failures[0]["path_escaped"] == false);
    CHECK(failures[0]["count"] == 3);
    CHECK(failures[1]["path"] == "/b\\xff\\n");
    CHECK(failures[1]["path_escaped"] == true);
    CHECK(failures[2]["path"].is_null());
    CHECK(failures[2]["pid"].is_null());
    CHECK(failures[2]["comm"].is_null());
}

TEST_CASE("buckets are ascending, not cumulative, without empty ones", "[json]")
{
    const json report = sample();
    for (const json& row : report["operations"]) {
        const json& latency = row["latency"];
        double before = 0;
        std::uint64_t sum = 0;
        for (const json& bucket : latency["buckets"]) {
            CHECK(bucket[0].get<double>() > before);
            CHECK(bucket[1].get<std::uint64_t>() > 0);
            before = bucket[0].get<double>();
            sum += bucket[1].get<std::uint64_t>();
        }
        CHECK(sum == latency["count"]);
        CHECK(sum == row["count"]);
    }
}

TEST_CASE("the bucket without a bound takes the maximum", "[json]")
{
    Interval interval = test::empty_interval(200s);
    interval.counts.operations = {
        test::operation(Op::read, Target::file, "ext4", "vda", {{1, 150s}})};
    const json report = json::parse(report_json(make_report(interval)));
    CHECK(report["operations"][0]["latency"]["buckets"] == json::parse("[[150.0,1]]"));
}

TEST_CASE("names that are no UTF-8 do not throw", "[json]")
{
    Interval interval = test::troubled_interval();
    interval.scope.kind = ScopeKind::command;
    interval.scope.command = {"\xff\xfe", std::string{"a\0b", 3}};
    interval.host.hostname = "\xc0";
    interval.counts.operations[0].key.cgroup = "/\x80";
    std::string text;
    REQUIRE_NOTHROW(text = report_json(make_report(interval)));
    const json report = json::parse(text);
    CHECK(report["scope"]["command"][0] == "\xef\xbf\xbd\xef\xbf\xbd");
    CHECK(text.find('\x1b') == std::string::npos);
}

TEST_CASE("the start is RFC 3339 in UTC", "[json]")
{
    Interval interval = test::empty_interval(1s);
    const auto start_of = [&](std::chrono::milliseconds since) {
        interval.start = std::chrono::system_clock::time_point{since};
        return json::parse(report_json(make_report(interval)))["interval"]["start"];
    };
    CHECK(start_of(1795353186250ms) == "2026-11-22T13:13:06.250Z");
    CHECK(start_of(0ms) == "1970-01-01T00:00:00.000Z");
    CHECK(start_of(951782399999ms) == "2000-02-28T23:59:59.999Z");
}

TEST_CASE("block rows know depth and flushes of their device", "[json]")
{
    Interval interval = test::empty_interval(2s);
    interval.counts.block = {test::requests("vda", "read", {{1000, 3ms}}, 1us),
                             test::requests("vda", "flush", {{4, 5ms}}, 1us),
                             test::requests("vdb", "read", {{1, 1ms}}, 1us)};
    const json report = json::parse(report_json(make_report(interval)));
    CHECK(report["block"][0]["depth_mean"] == 1.5);
    CHECK(report["block"][0]["flushes"] == 4);
    CHECK(report["block"][2]["flushes"] == 0);
}
