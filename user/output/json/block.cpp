// SPDX-License-Identifier: GPL-2.0-only
#include "model/levels.h"
#include "output/json/parts.h"

namespace iopath::json {

namespace {

Json text_or_null(const std::string& text)
{
    return text.empty() ? Json(nullptr) : Json(text);
}

void add_submitter(Json& out, const Submitter& by)
{
    out["pid"] = by.pid != 0 ? Json(by.pid) : Json(nullptr);
    out["comm"] = text_or_null(by.comm);
    out["cgroup"] = text_or_null(by.cgroup);
}

Json submitted(const Submitted& one)
{
    Json out;
    out["kind"] = name_of(one.by.kind);
    add_submitter(out, one.by);
    if (one.by.kind == SubmitterKind::writeback) {
        out["device"] = one.by.device;
        out["fs"] = one.by.fs;
    }
    out["count"] = one.count;
    out["bytes"] = one.bytes;
    out["seconds"] = to_seconds(one.time);
    return out;
}

std::uint64_t flushes_of(const Counts& counts, const std::string& device)
{
    std::uint64_t flushes = 0;
    for (const BlockRequests& row : counts.block)
        if (row.device == device && row.op == "flush")
            flushes += row.count;
    return flushes;
}

Json sizes(const BlockRequests& row)
{
    const auto quantile = [&](double q) {
        const auto bound = size_quantile(row.sizes, q);
        return bound ? Json(*bound) : Json(nullptr);
    };
    Json buckets = Json::array();
    for (std::size_t i = 0; i < kSizes; ++i)
        if (row.sizes.at(i) != 0)
            buckets.push_back(Json::array({size_bound(i), row.sizes.at(i)}));
    return {{"p50", quantile(0.5)},
            {"p99", quantile(0.99)},
            {"mean", row.count != 0
                         ? Json(static_cast<double>(row.bytes) / static_cast<double>(row.count))
                         : Json(nullptr)},
            {"buckets", std::move(buckets)}};
}

Json flags(const BlockRequests& row)
{
    Json out = Json::object();
    for (std::size_t i = 0; i < kRequestFlags; ++i)
        out[std::string(kRequestFlagNames.at(i))] = row.flags.at(i);
    return out;
}

/// What the queue time was spent on, as far as events tell.
Json scheduler(const Waits& waits)
{
    return {{"count", waits.count},
            {"seconds", to_seconds(waits.time)},
            {"max", waits.count != 0 ? Json(to_seconds(waits.max)) : Json(nullptr)}};
}

void add_flow(Json& out, const BlockRequests& row, double seconds)
{
    out["depth_mean"] = seconds > 0 ? Json(to_seconds(row.depth_time) / seconds) : Json(nullptr);
    out["open"] = row.open;
    out["sizes"] = sizes(row);
    out["sequential_share"] =
        row.located != 0
            ? Json(static_cast<double>(row.sequential) / static_cast<double>(row.located))
            : Json(nullptr);
    out["flags"] = flags(row);
    out["scheduler"] = scheduler(row.scheduler);
}

Json block_row(const BlockRequests& row, const Counts& counts, double seconds)
{
    Json out = {{"device", row.device}, {"op", row.op}};
    if (row.whose)
        add_submitter(out, *row.whose);
    out["count"] = row.count;
    out["bytes"] = row.bytes;
    out["errors"] = row.errors;
    out["queue"] = latency(row.queue);
    out["service"] = latency(row.service);
    add_flow(out, row, seconds);
    out["flushes"] = flushes_of(counts, row.device);
    out["merges"] = row.merges;
    out["splits"] = row.splits;
    out["requeues"] = row.requeues;
    out["timeouts"] = row.timeouts;
    out["levels"] = Json::array();
    for (const Level& level : levels_of(counts, row))
        out["levels"].push_back({{"device", level.device},
                                 {"count", level.count},
                                 {"seconds", to_seconds(level.time)}});
    out["by"] = Json::array();
    for (const Submitted& one : row.by)
        out["by"].push_back(submitted(one));
    return out;
}

/// Their parts are counted as what they are, too: flushes and a write.
Json flush_sequence(const BlockRequests& row)
{
    const auto flag = [&](RequestFlag which) {
        return row.flags.at(static_cast<std::size_t>(which));
    };
    return {{"device", row.device},
            {"count", row.count},
            {"bytes", row.bytes},
            {"preflush", flag(RequestFlag::preflush)},
            {"fua", flag(RequestFlag::fua)},
            {"errors", row.errors},
            {"queue", latency(row.queue)},
            {"service", latency(row.service)}};
}

Json sector(const std::optional<std::uint64_t>& number)
{
    return number ? Json(*number) : Json(nullptr);
}

Json block_error(const BlockErrors& errors)
{
    Json out = {{"device", errors.device},         {"op", errors.op},
                {"status", errors.status},         {"count", errors.count},
                {"sector", sector(errors.sector)}, {"last_sector", sector(errors.last_sector)}};
    out["kind"] = name_of(errors.by.kind);
    add_submitter(out, errors.by);
    return out;
}

template <typename Rows, typename Make>
Json list_of(const Rows& rows, Make make)
{
    Json list = Json::array();
    for (const auto& row : rows)
        list.push_back(make(row));
    return list;
}

} // namespace

void add_block(Json& out, const Counts& counts, Nanoseconds length)
{
    const double seconds = to_seconds(length);
    out["block"] = list_of(
        counts.block, [&](const BlockRequests& row) { return block_row(row, counts, seconds); });
    out["block_errors"] = list_of(counts.block_errors, block_error);
    out["flush_sequences"] = list_of(counts.flush_sequences, flush_sequence);
}

} // namespace iopath::json
