// SPDX-License-Identifier: GPL-2.0-only
#include "output/json/parts.h"

#include "base/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace iopath::json {

namespace {

/// The last bucket has no bound: the maximum, where it lies in there, else null.
Json bound(std::size_t bucket, Nanoseconds max)
{
    if (bucket + 1 < IOPATH_BUCKETS)
        return bucket_bound_seconds(bucket);
    return max > bucket_edge(bucket - 1) ? Json(to_seconds(max)) : Json(nullptr);
}

Json buckets(const Histogram& histogram, Nanoseconds max)
{
    Json list = Json::array();
    for (std::size_t i = 0; i < IOPATH_BUCKETS; ++i)
        if (const std::uint64_t count = histogram.at(i); count != 0)
            list.push_back(Json::array({bound(i, max), count}));
    return list;
}

Json quantile(const Histogram& histogram, double q, Nanoseconds max)
{
    return histogram.empty() ? Json(nullptr) : Json(to_seconds(histogram.quantile(q, max)));
}

void add_file(Json& row, const FileName& file)
{
    const bool others = file.what == FileName::What::others;
    row["path"] = file.what == FileName::What::path ? Json(as_utf8(file.path))
                  : others                          ? Json("other files")
                                                    : Json(nullptr);
    row["path_escaped"] = !is_utf8(file.path);
    row["path_cut"] = file.cut;
    row["deleted"] = file.deleted;
    row["other_files"] = others;
}

} // namespace

Json latency(const Latency& latency)
{
    const Histogram& histogram = latency.histogram;
    return {{"count", histogram.count()},
            {"sum", to_seconds(latency.sum)},
            {"p50", quantile(histogram, 0.5, latency.max)},
            {"p90", quantile(histogram, 0.9, latency.max)},
            {"p99", quantile(histogram, 0.99, latency.max)},
            {"p999", quantile(histogram, 0.999, latency.max)},
            {"max", histogram.empty() ? Json(nullptr) : Json(to_seconds(latency.max))},
            {"buckets", buckets(histogram, latency.max)}};
}

Json host(const Host& host)
{
    return {{"kernel", host.kernel},
            {"arch", host.arch},
            {"cpus", host.cpus},
            {"hostname", host.hostname}};
}

Json coverage(const Coverage& coverage)
{
    Json list = Json::array();
    for (const CoverageLine& line : coverage)
        list.push_back({{"probe", line.probe},
                        {"layer", line.layer},
                        {"how", line.how},
                        {"reason", line.reason},
                        {"remedy", line.remedy},
                        {"sees", line.sees},
                        {"programs", line.programs},
                        {"verified", line.verified ? Json(*line.verified) : Json()}});
    return list;
}

void add_key(Json& row, const OperationKey& key)
{
    row["op"] = name_of(key.op);
    row["target"] = name_of(key.target);
    row["interface"] = name_of(key.interface);
    row["fs"] = key.fs;
    row["device"] = key.device;
    if (key.peer_target)
        row["peer_target"] = name_of(*key.peer_target);
    if (!key.cgroup.empty())
        row["cgroup"] = key.cgroup;
    if (key.file)
        add_file(row, *key.file);
}

Json finding(const Finding& finding)
{
    Json subject = Json::object();
    for (const auto& [name, value] : finding.subject)
        subject[name] = value;
    return {{"id", finding.id},
            {"layer", finding.layer},
            {"severity", name_of(finding.severity)},
            {"share", finding.share},
            {"seconds", to_seconds(finding.time)},
            {"subject", subject},
            {"summary", finding.summary},
            {"evidence", finding.evidence},
            {"advice", finding.advice}};
}

std::string rfc3339(std::chrono::system_clock::time_point time)
{
    using namespace std::chrono;
    const auto day = floor<days>(time);
    const year_month_day date{day};
    const hh_mm_ss clock{floor<milliseconds>(time - day)};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                       clock.subseconds().count());
}

std::string dumped(const Json& document, int indent)
{
    return document.dump(indent, ' ', false, Json::error_handler_t::replace);
}

} // namespace iopath::json
