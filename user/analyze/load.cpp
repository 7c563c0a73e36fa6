// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/load.h"

#include "model/via.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace iopath {

namespace {

/// Below ten operations p50 and p99 are single samples.
constexpr std::uint64_t kMinOperations = 10;
/// Below this, the cost is nobody's problem, whatever its share is.
constexpr Nanoseconds kMinTime = std::chrono::milliseconds{1};
/// A system that did next to no I/O is not judged by the little it did.
constexpr double kMinShareOfWatch = 0.005;

constexpr double kCritical = 0.5;
constexpr double kMajor = 0.25;
/// A tenth is the least that is worth a change: removing it saves a tenth.
constexpr double kMinor = 0.1;

Nanoseconds time_of(const Operation& row, const Cause& cause)
{
    Nanoseconds sum{};
    if (cause.wanted && !cause.wanted(row))
        return sum;
    if (cause.time)
        return cause.time(row);
    for (const Stage stage : cause.stages)
        sum += row.stage(stage).time;
    if (cause.less)
        sum -= std::min(sum, cause.less(row));
    return sum;
}

std::string row_name(const OperationKey& key)
{
    std::string name = fmt::format("{} {}", name_of(key.op), name_of(key.target));
    if (!key.fs.empty())
        name += " " + key.fs;
    if (!key.device.empty())
        name += " " + key.device;
    return name;
}

/// A load in the making, with the time of its main row.
struct Gathering {
    Load load;
    Nanoseconds most{};

    void add(const Operation& row, const Cause& cause)
    {
        const Nanoseconds time = time_of(row, cause);
        if (time <= Nanoseconds::zero())
            return;
        load.time += time;
        load.operations += row.count;
        load.max = std::max(load.max, row.latency.max);
        for (const Stage stage : cause.stages) {
            load.histogram.add(row.stage(stage).histogram);
            for (const Via& via : row.stage(stage).via)
                add_via(load.via, via);
        }
        if (time > most) {
            most = time;
            load.row = row_name(row.key);
            load.process = row.top.empty()
                               ? std::string{}
                               : fmt::format("{}[{}]", row.top.front().comm, row.top.front().pid);
        }
    }

    Load done()
    {
        std::stable_sort(load.via.begin(), load.via.end(),
                         [](const Via& a, const Via& b) { return a.time > b.time; });
        return std::move(load);
    }
};

Severity severity_of(double share)
{
    if (share > kCritical)
        return Severity::critical;
    return share > kMajor ? Severity::major : Severity::minor;
}

bool enough(const Interval& interval, Nanoseconds time)
{
    return time >= kMinTime && to_seconds(time) >= kMinShareOfWatch * to_seconds(interval.length);
}

} // namespace

Load load_of(const Interval& interval, const Cause& cause)
{
    Gathering gathering;
    for (const Operation& row : interval.counts.operations)
        gathering.add(row, cause);
    return gathering.done();
}

std::vector<Load> loads_by_device(const Interval& interval, const Cause& cause)
{
    std::map<std::string, Gathering> by_device;
    for (const Operation& row : interval.counts.operations)
        by_device[row.key.device].add(row, cause);
    std::vector<Load> loads;
    for (auto& [device, gathering] : by_device) {
        gathering.load.device = device;
        loads.push_back(gathering.done());
    }
    std::stable_sort(loads.begin(), loads.end(),
                     [](const Load& a, const Load& b) { return a.time > b.time; });
    return loads;
}

std::optional<Finding> judged(const Interval& interval, Nanoseconds time, Nanoseconds whole,
                              std::string_view id, std::string_view layer)
{
    if (whole <= Nanoseconds::zero() || !enough(interval, time))
        return std::nullopt;
    const double share = std::min(to_seconds(time) / to_seconds(whole), 1.0);
    if (share <= kMinor)
        return std::nullopt;
    Finding finding;
    finding.id = id;
    finding.layer = layer;
    finding.severity = severity_of(share);
    finding.share = share;
    finding.time = time;
    return finding;
}

std::optional<Finding> judged(const Interval& interval, const Load& load, std::string_view id,
                              std::string_view layer)
{
    if (load.operations < kMinOperations)
        return std::nullopt;
    auto finding = judged(interval, load.time, judged_time(interval), id, layer);
    if (!finding)
        return std::nullopt;
    if (!load.device.empty())
        finding->subject.emplace_back("device", load.device);
    finding->subject.emplace_back("operation", load.row);
    if (!load.process.empty())
        finding->subject.emplace_back("process", load.process);
    return finding;
}

std::string figures(const Load& load)
{
    std::string over = fmt::format("over {} operations", grouped_count(load.operations));
    if (load.histogram.empty())
        return over;
    return fmt::format("p50 {}, p99 {}, {}", human_duration(load.histogram.quantile(0.5, load.max)),
                       human_duration(load.histogram.quantile(0.99, load.max)), over);
}

std::string figures(const Latency& latency)
{
    return fmt::format("p50 {}, p99 {}", human_duration(latency.quantile(0.5)),
                       human_duration(latency.quantile(0.99)));
}

} // namespace iopath
