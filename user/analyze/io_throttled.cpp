// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/findings.h"
#include "analyze/load.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>

namespace iopath {

namespace {

/// The worker that lets through what a rate limit had held back.
constexpr std::string_view kReleaser = "kthrotld";

/// What a rate limit held back of a disk's requests.
struct Held {
    std::uint64_t requests = 0;
    std::string cgroup; ///< of most of them; empty: unknown, as in a hierarchy of version 1
};

Held held_on(const Interval& interval, const std::string& disk)
{
    std::map<std::string, std::uint64_t> cgroups;
    for (const BlockRequests& row : interval.counts.block) {
        if (row.device != disk)
            continue;
        for (const Submitted& part : row.by)
            if (part.by.kind == SubmitterKind::kernel && part.by.comm == kReleaser)
                cgroups[part.by.cgroup] += part.count;
    }
    Held held;
    std::uint64_t most = 0;
    for (const auto& [cgroup, count] : cgroups) {
        held.requests += count;
        if (count > most) {
            most = count;
            held.cgroup = cgroup;
        }
    }
    return held;
}

/// A limit holds for the cgroups below its own, too.
bool covers(const std::string& limited, const std::string& cgroup)
{
    return limited.empty() || limited == "/" || limited == cgroup ||
           cgroup.starts_with(limited + "/");
}

/// The limits that may have held these requests back. A rate limit is known by what it held back;
/// without, it is iocost where that is on, else wbt.
std::vector<IoLimit> limits_behind(const Interval& interval, const std::string& device,
                                   const std::string& disk, const Held& held)
{
    for (const LimitKind kind : {LimitKind::rate, LimitKind::cost, LimitKind::writeback}) {
        if ((kind == LimitKind::rate) != (held.requests > 0))
            continue;
        std::vector<IoLimit> found;
        std::copy_if(interval.limits.begin(), interval.limits.end(), std::back_inserter(found),
                     [&](const IoLimit& limit) {
                         return limit.kind == kind &&
                                (limit.device == disk || limit.device == device) &&
                                (held.cgroup.empty() || covers(limit.cgroup, held.cgroup));
                     });
        if (!found.empty())
            return found;
    }
    return {};
}

std::size_t count_cgroups(const std::vector<IoLimit>& limits)
{
    std::set<std::string> cgroups;
    for (const IoLimit& limit : limits)
        cgroups.insert(limit.cgroup);
    return cgroups.size();
}

/// Limits of several cgroups, and nobody knows whose it was.
bool is_ambiguous(const std::vector<IoLimit>& limits, const Held& held)
{
    return held.cgroup.empty() && count_cgroups(limits) > 1;
}

std::string named(const IoLimit& limit)
{
    switch (limit.kind) {
    case LimitKind::rate:
        return fmt::format("the limit {} of cgroup {} on {}", limit.setting, limit.cgroup,
                           limit.device);
    case LimitKind::cost:
        return fmt::format("iocost on {}", limit.device);
    case LimitKind::writeback:
        break;
    }
    return fmt::format("writeback throttling on {} ({})", limit.device, limit.setting);
}

/// How to lift it: files of version 2 take "riops=max", those of version 1 a rate of 0.
std::string remedy_for(const IoLimit& limit)
{
    switch (limit.kind) {
    case LimitKind::rate: {
        const bool version_2 = limit.file.ends_with("/io.max");
        const std::string first = limit.setting.substr(0, limit.setting.find('='));
        return fmt::format("if it is not meant, raise or lift it: echo '{}' > {}",
                           version_2 ? fmt::format("{} {}=max", limit.number, first)
                                     : fmt::format("{} 0", limit.number),
                           limit.file);
    }
    case LimitKind::cost:
        return fmt::format("give the cgroup a higher io.weight, or see whether the model of the "
                           "device is right: io.cost.model beside {}",
                           limit.file);
    case LimitKind::writeback:
        break;
    }
    return fmt::format("writeback gives way to reads until these take less than that; if its "
                       "own speed matters more, raise it, or turn it off: echo 0 > {}",
                       limit.file);
}

std::vector<std::string> advice_for(const std::vector<IoLimit>& limits)
{
    std::vector<std::string> advice;
    std::transform(limits.begin(), limits.end(), std::back_inserter(advice), remedy_for);
    if (limits.empty())
        advice.emplace_back("look for what is set: io.max, io.latency and io.cost.qos of the "
                            "cgroup and those above it, /sys/block/DEVICE/queue/wbt_lat_usec");
    else if (limits.front().kind == LimitKind::rate)
        advice.emplace_back("if it is meant, ask for less: fewer or larger requests where requests "
                            "are limited, the page cache for what is read again");
    return advice;
}

std::string culprit(const std::vector<IoLimit>& limits, const Held& held)
{
    if (limits.empty())
        return "a limit of the block layer";
    if (is_ambiguous(limits, held))
        return fmt::format("the limit of one of {} cgroups on {}", count_cgroups(limits),
                           limits.front().device);
    return named(limits.front());
}

void describe_limits(Finding& finding, const std::vector<IoLimit>& limits, const Held& held)
{
    const bool known = !limits.empty() && !is_ambiguous(limits, held);
    const std::string cgroup = held.cgroup.empty() && known ? limits.front().cgroup : held.cgroup;
    if (!cgroup.empty())
        finding.subject.emplace_back("cgroup", cgroup);
    if (known)
        finding.subject.emplace_back("limit", limits.front().setting);
    for (const IoLimit& limit : limits)
        finding.evidence.push_back(
            fmt::format("{} ({})", named(limit), limit.file + ": " + limit.setting));
    if (held.requests > 0)
        finding.evidence.push_back(fmt::format(
            "{} requests{} were held back, those behind them waited likewise",
            grouped_count(held.requests),
            held.cgroup.empty() ? std::string{} : fmt::format(" of cgroup {}", held.cgroup)));
}

Finding described(Finding finding, const Load& load, const Interval& interval)
{
    const auto requests = requests_behind(interval, load.device);
    const std::string disk = requests ? requests->device : whole_disk(load.device);
    const Held held = held_on(interval, disk);
    const auto limits = limits_behind(interval, whole_disk(load.device), disk, held);
    finding.summary = fmt::format("{} holds requests back for {} of the operations' time",
                                  culprit(limits, held), human_share(finding.share));
    describe_limits(finding, limits, held);
    finding.evidence.push_back(
        fmt::format("stage throttle {} in all: {}", human_duration(load.time), figures(load)));
    finding.evidence.push_back(fmt::format("mostly {}", load.row));
    finding.advice = advice_for(limits);
    return finding;
}

} // namespace

Findings io_throttled(const Interval& interval)
{
    const Cause cause{{Stage::throttle}, {}, [](const Operation& row) { return row.dirty; }};
    Findings findings;
    for (const Load& load : loads_by_device(interval, cause))
        if (auto finding = judged(interval, load, "io-throttled", "block"))
            findings.push_back(described(std::move(*finding), load, interval));
    return findings;
}

} // namespace iopath
