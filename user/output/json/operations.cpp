// SPDX-License-Identifier: GPL-2.0-only
#include "base/text.h"
#include "model/waits.h"
#include "output/json/parts.h"

namespace iopath::json {

namespace {

double share_of(Nanoseconds part, Nanoseconds whole)
{
    return whole > Nanoseconds::zero() ? to_seconds(part) / to_seconds(whole) : 0;
}

Json via_list(const std::vector<Via>& via)
{
    Json list = Json::array();
    for (const Via& one : via)
        list.push_back({{"comm", one.comm}, {"seconds", to_seconds(one.time)}});
    return list;
}

/// Count and quantiles are null where stage histograms are not kept.
Json stage(Stage which, const StageTime& stage, const Latency& whole)
{
    const bool known = !stage.histogram.empty();
    const auto quantile = [&](double q) {
        return known ? Json(to_seconds(stage.histogram.quantile(q, whole.max))) : Json(nullptr);
    };
    return {{"stage", name_of(which)},
            {"seconds", to_seconds(stage.time)},
            {"share", share_of(stage.time, whole.sum)},
            {"count", known ? Json(stage.histogram.count()) : Json(nullptr)},
            {"p50", quantile(0.5)},
            {"p99", quantile(0.99)},
            {"via", via_list(stage.via)}};
}

Json stages(const Operation& row)
{
    Json list = Json::array();
    for (std::size_t i = 0; i < kStages; ++i) {
        const StageTime& one = row.stages.at(i);
        if (one.time > Nanoseconds::zero() || !one.histogram.empty())
            list.push_back(stage(static_cast<Stage>(i), one, row.latency));
    }
    return list;
}

/// The whole time of syncs, by what they were for.
Json sync_parts(const Operation& row)
{
    Json out;
    for (std::size_t i = 0; i < kFileWaits; ++i)
        out[std::string(kFileWaitNames.at(i))] = to_seconds(row.waits.at(i));
    out["flush"] = to_seconds(row.flush);
    out["rest"] = to_seconds(rest_of_waits(row));
    out["merged"] = row.merged;
    return out;
}

Json top_list(const std::vector<TopProcess>& top)
{
    Json list = Json::array();
    for (const TopProcess& one : top)
        list.push_back({{"pid", one.pid}, {"comm", one.comm}, {"seconds", to_seconds(one.time)}});
    return list;
}

Json below_list(const std::vector<Below>& below)
{
    Json list = Json::array();
    for (const Below& one : below)
        list.push_back(one.pid != 0 ? Json{{"pid", one.pid}, {"comm", one.comm}}
                                    : Json{{"fs", one.fs}, {"device", one.device}});
    return list;
}

/// Null where no page was asked for, or nobody told us.
Json cache_use(const CacheUse& cache)
{
    if (cache.asked == 0)
        return nullptr;
    return {{"pages", cache.asked},
            {"hits", cache.hits()},
            {"read_ahead", cache.read_ahead()},
            {"read_ahead_unused_at_least", cache.unused_at_least()},
            {"read_again", cache.again ? Json(*cache.again) : Json(nullptr)}};
}

Json or_null(const std::optional<std::uint64_t>& known)
{
    return known ? Json(*known) : Json(nullptr);
}

/// What is unknown is null; all of it where nothing was named by a path.
Json lookups(const Operation& row)
{
    const Lookups& known = row.lookups;
    const std::uint64_t count = known.misses ? known.misses->count : 0;
    if (known.paths == 0 && count == 0)
        return nullptr;
    Json out = {{"paths", known.paths},
                {"components", known.paths > 0 ? Json(known.components) : Json(nullptr)}};
    const auto hits = known.hits(row.count);
    out["hits"] = hits ? Json(*hits) : Json(nullptr);
    const auto& misses = known.misses;
    out["misses"] = misses ? Json(misses->count) : Json(nullptr);
    out["negative"] = misses ? Json(misses->negative) : Json(nullptr);
    out["seconds"] = misses ? Json(to_seconds(misses->time)) : Json(nullptr);
    out["device_seconds"] = misses ? Json(to_seconds(misses->device)) : Json(nullptr);
    out["reads"] = misses ? or_null(misses->reads) : Json(nullptr);
    out["read_bytes"] = misses ? or_null(misses->read_bytes) : Json(nullptr);
    return out;
}

/// Null where no writer was made to pause.
Json dirty_pauses(const DirtyPauses& pauses)
{
    if (pauses.count == 0)
        return nullptr;
    return {{"count", pauses.count},
            {"device_limit_only", pauses.strict},
            {"dirty_bytes", pauses.mean(pauses.dirty)},
            {"limit_bytes", pauses.mean(pauses.limit)},
            {"background_bytes", pauses.mean(pauses.background)},
            {"device_dirty_bytes", pauses.mean(pauses.device_dirty)},
            {"device_limit_bytes", pauses.mean(pauses.device_limit)},
            {"bytes_per_second", pauses.mean(pauses.rate)}};
}

Json reclaims(const Operation& row)
{
    Json out;
    for (std::size_t kind = 0; kind < kReclaims; kind++)
        out[std::string(kReclaimNames.at(kind))] = row.reclaims.at(kind);
    return out;
}

} // namespace

Json operation(const Operation& row)
{
    Json out;
    add_key(out, row.key);
    if (row.key.pid != 0) {
        out["pid"] = row.key.pid;
        out["comm"] = row.key.comm;
    }
    out["count"] = row.count;
    out["bytes"] = row.bytes;
    out["errors"] = row.errors;
    out["would_block"] = row.would_block;
    out["interrupted"] = row.interrupted;
    out["seconds"] = to_seconds(row.latency.sum);
    out["idle_seconds"] = to_seconds(idle_time(row));
    out["flush_seconds"] = to_seconds(row.flush);
    if (knows_waits(row))
        out["commit_seconds"] = to_seconds(commit_time(row));
    if (knows_waits(row) && row.key.op == Op::sync)
        out["sync"] = sync_parts(row);
    out["latency"] = latency(row.latency);
    out["switches"] = {{"voluntary", row.voluntary}, {"involuntary", row.involuntary}};
    out["cache"] = cache_use(row.cache);
    out["lookup"] = lookups(row);
    out["dirty_pauses"] = dirty_pauses(row.pauses);
    out["reclaims"] = reclaims(row);
    out["stages"] = stages(row);
    out["top"] = top_list(row.top);
    if (!row.below.empty())
        out["below"] = below_list(row.below);
    return out;
}

Json failure(const Failure& row)
{
    Json out;
    out["op"] = name_of(row.op);
    out["target"] = name_of(row.target);
    out["fs"] = row.fs;
    out["device"] = row.device;
    out["errno"] = row.error;
    out["path"] = row.path ? Json(as_utf8(*row.path)) : Json(nullptr);
    out["path_escaped"] = row.path && !is_utf8(*row.path);
    out["path_cut"] = row.cut;
    out["deleted"] = row.deleted;
    out["address"] = row.address.empty() ? Json(nullptr) : Json(row.address);
    out["comm"] = row.comm.empty() ? Json(nullptr) : Json(row.comm);
    out["pid"] = row.pid == 0 ? Json(nullptr) : Json(row.pid);
    out["count"] = row.count;
    out["seconds"] = to_seconds(row.time);
    return out;
}

Json directory(const DirectoryLookups& row)
{
    Json out;
    out["path"] = row.path.empty() ? Json(nullptr) : Json(as_utf8(row.path));
    out["path_escaped"] = !is_utf8(row.path);
    out["path_cut"] = row.cut;
    out["fs"] = row.fs;
    out["device"] = row.device;
    out["slow"] = {{"count", row.slow},
                   {"seconds", to_seconds(row.slow_time)},
                   {"device_seconds", to_seconds(row.slow_device)},
                   {"max_seconds", to_seconds(row.slow_max)}};
    out["misses"] = nullptr;
    if (row.misses)
        out["misses"] = {{"count", row.misses->count},
                         {"negative", row.misses->negative},
                         {"seconds", to_seconds(row.misses->time)},
                         {"device_seconds", to_seconds(row.misses->device)},
                         {"reads", or_null(row.misses->reads)},
                         {"read_bytes", or_null(row.misses->read_bytes)},
                         {"max_seconds", to_seconds(row.miss_max)}};
    return out;
}

Json in_flight(const InFlight& open)
{
    Json out;
    add_key(out, open.key);
    if (open.begun_before || open.target_unknown)
        out["target"] = nullptr;
    out["pid"] = open.pid;
    out["comm"] = open.comm;
    out["syscall"] = open.syscall;
    out["begun_before"] = open.begun_before;
    out["seconds"] = to_seconds(open.open_for);
    Json list = Json::array();
    for (std::size_t i = 0; i < kStages && !open.begun_before; ++i)
        if (const Nanoseconds time = open.stages.at(i); time > Nanoseconds::zero())
            list.push_back({{"stage", name_of(static_cast<Stage>(i))},
                            {"seconds", to_seconds(time)},
                            {"share", share_of(time, open.open_for)}});
    out["stages"] = std::move(list);
    return out;
}

} // namespace iopath::json
