// SPDX-License-Identifier: GPL-2.0-only
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
    out["depth_mean"] = seconds > 0 ? Json(to_seconds(row.service.sum) / seconds) : Json(nullptr);
    out["flushes"] = flushes_of(counts, row.device);
    out["merges"] = row.merges;
    out["requeues"] = row.requeues;
    out["by"] = Json::array();
    for (const Submitted& one : row.by)
        out["by"].push_back(submitted(one));
    return out;
}

} // namespace

Json block(const Counts& counts, Nanoseconds length)
{
    Json list = Json::array();
    for (const BlockRequests& row : counts.block)
        list.push_back(block_row(row, counts, to_seconds(length)));
    return list;
}

} // namespace iopath::json
