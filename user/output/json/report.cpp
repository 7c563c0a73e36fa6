// SPDX-License-Identifier: GPL-2.0-only
#include "output/json/json.h"
#include "output/json/parts.h"

namespace iopath {

namespace {

using json::Json;

template <typename Row, typename Make>
Json list_of(const std::vector<Row>& rows, Make make)
{
    Json list = Json::array();
    for (const Row& row : rows)
        list.push_back(make(row));
    return list;
}

Json scope(const Scope& scope)
{
    Json out;
    switch (scope.kind) {
    case ScopeKind::system:
        out["kind"] = "system";
        break;
    case ScopeKind::command:
        out["kind"] = "command";
        out["command"] = scope.command;
        break;
    case ScopeKind::pid:
        out["kind"] = "pid";
        out["pids"] = scope.pids;
        break;
    case ScopeKind::cgroup:
        out["kind"] = "cgroup";
        out["cgroup"] = scope.cgroup;
        break;
    }
    if (!scope.comm.empty())
        out["comm"] = scope.comm;
    return out;
}

Json interrupt(const Interrupt& row)
{
    return {{"irq", row.irq},
            {"name", row.name},
            {"cpu", row.cpu},
            {"count", row.latency.histogram.count()},
            {"seconds", to_seconds(row.latency.sum)},
            {"latency", json::latency(row.latency)}};
}

Json softirq(const Softirq& row)
{
    return {{"vector", row.vector},
            {"cpu", row.cpu},
            {"count", row.latency.histogram.count()},
            {"seconds", to_seconds(row.latency.sum)},
            {"latency", json::latency(row.latency)},
            {"delay", json::latency(row.delay)}};
}

Json commits(const Commits& row)
{
    Json phases;
    for (std::size_t i = 0; i < kCommitPhases; ++i)
        phases[std::string(kCommitPhaseNames.at(i))] = to_seconds(row.phases.at(i));
    Json askers = Json::array();
    for (const CommitAsker& one : row.askers)
        askers.push_back({{"pid", one.pid}, {"comm", one.comm}, {"count", one.count}});
    const bool sized = row.sized > 0;
    return {
        {"device", row.device},
        {"count", row.latency.histogram.count()},
        {"seconds", to_seconds(row.latency.sum)},
        {"latency", json::latency(row.latency)},
        {"phases", phases},
        {"asked_by", {{"processes", askers}, {"timer", row.by_timer}, {"unseen", row.by_unseen()}}},
        {"handles", sized ? Json(row.handles) : Json()},
        {"blocks", sized ? Json(row.blocks) : Json()}};
}

Json scheduler(const Scheduler& scheduler)
{
    return {
        {"switches", {{"voluntary", scheduler.voluntary}, {"involuntary", scheduler.involuntary}}},
        {"migrations", scheduler.migrations},
        {"runqueue", json::latency(scheduler.runqueue)}};
}

/// The network layer has no probes yet: all of it is unknown.
Json dark_network()
{
    const Json unknown = nullptr;
    return {{"tcp",
             {{"retransmits", unknown},
              {"resets_sent", unknown},
              {"resets_received", unknown},
              {"connect_failures", unknown},
              {"srtt", unknown}}},
            {"drops", unknown},
            {"listen_overflows", unknown}};
}

Json losses(const Counts& counts)
{
    Json list = Json::array();
    for (std::size_t i = 0; i < kLosses; ++i)
        if (counts.losses.at(i) != 0)
            list.push_back(
                {{"reason", name_of(static_cast<Loss>(i))}, {"count", counts.losses.at(i)}});
    return list;
}

Json command_end(const std::optional<CommandEnd>& end)
{
    if (!end)
        return nullptr;
    return {{"status", end->status},
            {"descendants_left", end->descendants_left ? Json(*end->descendants_left) : Json()}};
}

void add_layers(Json& out, const Interval& interval)
{
    const Counts& counts = interval.counts;
    out["operations"] = list_of(counts.operations, json::operation);
    out["in_flight"] = list_of(interval.in_flight, json::in_flight);
    out["async"] = list_of(counts.async, [&](const AsyncRequests& row) {
        return json::async(row, counts, interval.length);
    });
    out["file_locks"] = list_of(counts.file_locks, json::file_lock);
    out["kernel_locks"] = list_of(counts.kernel_locks, json::kernel_lock);
    json::add_block(out, counts, interval.length);
    out["nvme"] = list_of(counts.nvme, json::nvme_queue);
    out["interrupts"] = list_of(counts.interrupts, interrupt);
    out["softirqs"] = list_of(counts.softirqs, softirq);
    out["commits"] = list_of(counts.commits, commits);
    out["helpers"] = list_of(counts.helpers, json::helper);
    out["scheduler"] = scheduler(counts.scheduler);
    out["pipes"] = Json::array();
    out["network"] = dark_network();
    out["failures"] = list_of(counts.failures, json::failure);
    out["lookups"] = list_of(counts.directories, json::directory);
}

void add_verdict(Json& out, const Report& report)
{
    const Interval& interval = report.interval;
    const bool judged = judged_time(interval) > Nanoseconds::zero();
    out["os_tax"] = judged ? Json(report.os_tax) : Json(nullptr);
    out["operation_seconds"] = to_seconds(report.operation_time);
    out["idle_seconds"] = to_seconds(report.idle);
    out["steal_seconds"] = to_seconds(interval.steal);
    out["findings"] = list_of(report.findings, json::finding);
    out["coverage"] = json::coverage(interval.coverage);
    out["losses"] = losses(interval.counts);
    out["ledger"] = {{"operations", report.operations},
                     {"imbalanced", report.imbalanced},
                     {"residual_seconds", to_seconds(report.residual)}};
    out["not_followed"] = {{"io_uring_enters", interval.counts.io_uring_enters},
                           {"aio_submits", interval.counts.aio_submits}};
    out["self"] = {{"bpf_seconds", to_seconds(interval.self.bpf)},
                   {"user_seconds", to_seconds(interval.self.user)},
                   {"rss_bytes", interval.self.rss_bytes}};
}

} // namespace

std::string report_json(const Report& report, int indent)
{
    const Interval& interval = report.interval;
    Json out;
    out["schema"] = "iopath.report/1";
    out["host"] = json::host(interval.host);
    out["interval"] = {{"start", json::rfc3339(interval.start)},
                       {"seconds", to_seconds(interval.length)}};
    out["scope"] = scope(interval.scope);
    out["command_end"] = command_end(interval.command_end);
    add_layers(out, interval);
    add_verdict(out, report);
    return json::dumped(out, indent);
}

std::string doctor_json(const Host& host, const Coverage& coverage, const FactsView& facts,
                        int indent)
{
    Json list = Json::array();
    for (const auto& [name, value] : facts)
        list.push_back({{"name", name}, {"value", value}});
    const Json out = {{"host", json::host(host)},
                      {"coverage", json::coverage(coverage)},
                      {"facts", std::move(list)}};
    return json::dumped(out, indent);
}

} // namespace iopath
