// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/findings.h"
#include "analyze/load.h"

#include <fmt/format.h>

namespace iopath {

namespace {

/// A limit this much below the host's is another: that of a memory cgroup. The host's own moves
/// with the memory that is free.
constexpr double kSameLimit = 0.8;

enum class Limit { host, cgroup, device };

DirtyPauses pauses_on(const Interval& interval, const std::string& device)
{
    DirtyPauses sum;
    for (const Operation& row : interval.counts.operations)
        if (row.key.device == device)
            sum.add(row.pauses);
    return sum;
}

Limit limit_behind(const Interval& interval, const DirtyPauses& pauses)
{
    if (2 * pauses.strict > pauses.count)
        return Limit::device;
    const bool lower =
        interval.dirty_limits &&
        pauses.mean(pauses.limit) < kSameLimit * static_cast<double>(interval.dirty_limits->limit);
    return lower ? Limit::cgroup : Limit::host;
}

std::string named(Limit limit, const Interval& interval, const std::string& device)
{
    switch (limit) {
    case Limit::device:
        return fmt::format("the dirty page limit of {} itself", device);
    case Limit::cgroup:
        return "the dirty page limit of a memory cgroup";
    case Limit::host:
        break;
    }
    return fmt::format("the host's dirty page limit ({})",
                       interval.dirty_limits ? interval.dirty_limits->limit_setting : "vm.dirty_*");
}

std::string weighed(const DirtyPauses& pauses, const std::string& device)
{
    const auto bytes = [&](std::uint64_t sum) { return human_bytes(pauses.mean(sum)); };
    return fmt::format("{} pauses; on average {} were dirty of {} at most, writeback began at {}; "
                       "{} had {} of {}; each writer was allowed {}/s",
                       grouped_count(pauses.count), bytes(pauses.dirty), bytes(pauses.limit),
                       bytes(pauses.background), device, bytes(pauses.device_dirty),
                       bytes(pauses.device_limit), bytes(pauses.rate));
}

std::string settings(const DirtyLimits& limits)
{
    return fmt::format("{} and {}: now {} and {}", limits.limit_setting, limits.background_setting,
                       human_bytes(static_cast<double>(limits.limit)),
                       human_bytes(static_cast<double>(limits.background)));
}

std::string remedy_for(Limit limit)
{
    switch (limit) {
    case Limit::device:
        return "if it is not meant, lift it: strict_limit and max_ratio (or max_bytes) of the "
               "device in /sys/class/bdi; FUSE file systems have 1 % by default";
    case Limit::cgroup:
        return "it is a share of the cgroup's memory: raise its memory.max, or set "
               "memory.high aside for programs that write less";
    case Limit::host:
        break;
    }
    return "for bursts that memory could take, raise it: sysctl vm.dirty_ratio=20 "
           "vm.dirty_background_ratio=10 are the kernel's defaults";
}

} // namespace

Findings dirty_throttle(const Interval& interval)
{
    const Cause cause{{Stage::throttle}, {}, [](const Operation& row) {
                          const Nanoseconds whole = row.stage(Stage::throttle).time;
                          return whole - std::min(whole, row.dirty);
                      }};
    Findings findings;
    for (const Load& load : loads_by_device(interval, cause)) {
        auto finding = judged(interval, load, "dirty-throttle", "memory");
        if (!finding)
            continue;
        const std::string device = load.device.empty() ? "a device of unknown name" : load.device;
        const DirtyPauses pauses = pauses_on(interval, load.device);
        const Limit limit = limit_behind(interval, pauses);
        finding->summary =
            fmt::format("{} holds writers to {} back for {} of the operations' time",
                        named(limit, interval, device), device, human_share(finding->share));
        if (pauses.count > 0)
            finding->evidence.push_back(weighed(pauses, device));
        if (interval.dirty_limits)
            finding->evidence.push_back(settings(*interval.dirty_limits));
        finding->evidence.push_back(
            fmt::format("held back {} in all, mostly {}", human_duration(load.time), load.row));
        finding->advice.push_back(remedy_for(limit));
        finding->advice.emplace_back(
            "a stream that goes on is never faster than the device: write less, to a faster one, "
            "or past the page cache (O_DIRECT)");
        findings.push_back(std::move(*finding));
    }
    return findings;
}

} // namespace iopath
