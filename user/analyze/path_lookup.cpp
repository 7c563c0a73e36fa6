// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/findings.h"
#include "analyze/load.h"
#include "base/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace iopath {

namespace {

constexpr std::uint64_t kLeast = 10;
constexpr std::size_t kListed = 3;
/// Where nobody tells what was not cached, operations by path that waited for the device at least
/// this share of their time are taken for those.
constexpr double kWaited = 0.25;
/// Of their time for commits: from here on they changed files rather than found them.
constexpr double kCommits = 0.25;
/// A directory in which so many names were searched for is worth splitting.
constexpr std::uint64_t kHuge = 10'000;
/// From this many names on a path costs more to walk than most operations on its end.
constexpr double kDeep = 16;
constexpr double kManyAbsent = 0.5;

double share_of(Nanoseconds part, Nanoseconds whole)
{
    return whole > Nanoseconds::zero() ? to_seconds(part) / to_seconds(whole) : 0;
}

/// What is to be judged of a directory: its misses or, where nobody tells of them, its slow
/// operations.
struct Cost {
    const DirectoryLookups* directory = nullptr;
    std::uint64_t count = 0;
    Nanoseconds time{};
    Nanoseconds device{};
};

Cost cost_of(const DirectoryLookups& row)
{
    if (row.misses)
        return {&row, row.misses->count, row.misses->time, row.misses->device};
    if (share_of(row.slow_device, row.slow_time) < kWaited)
        return {&row, 0, {}, {}};
    return {&row, row.slow, row.slow_time, row.slow_device};
}

/// Of operations on names; the rows of open and metadata.
bool names_files(const Operation& row)
{
    return row.key.op == Op::open || row.key.op == Op::metadata;
}

bool changed_files(const Interval& interval, Nanoseconds time)
{
    Nanoseconds commits{};
    for (const Operation& row : interval.counts.operations)
        if (names_files(row))
            commits += row.wait(FileWait::commit) + row.wait(FileWait::others_commit);
    return share_of(commits, time) >= kCommits;
}

std::string name_of(const DirectoryLookups& row)
{
    return row.path.empty() ? "directories for which there was no room" : as_utf8(row.path);
}

std::string evidence_of(const Cost& cost)
{
    const auto& misses = cost.directory->misses;
    std::string what = fmt::format("{} operations of {} or more", grouped_count(cost.count),
                                   human_duration(kSlowLookup));
    if (misses && misses->negative > 0)
        what = fmt::format("{} names not cached ({} of them do not exist)",
                           grouped_count(cost.count), grouped_count(misses->negative));
    else if (misses)
        what = fmt::format("{} names not cached", grouped_count(cost.count));
    return fmt::format("{}: {}, {} each on average, {} of it waiting for the device",
                       name_of(*cost.directory), what,
                       human_duration(cost.time / static_cast<Nanoseconds::rep>(cost.count)),
                       human_share(share_of(cost.device, cost.time)));
}

Lookups lookups_in(const Interval& interval)
{
    Lookups sum;
    for (const Operation& row : interval.counts.operations)
        if (names_files(row))
            sum.add(row.lookups);
    return sum;
}

double depth_of(const Lookups& lookups)
{
    return lookups.paths == 0
               ? 0
               : static_cast<double>(lookups.components) / static_cast<double>(lookups.paths);
}

std::vector<std::string> advice_for(const Cost& worst, const Lookups& lookups)
{
    std::vector<std::string> advice{
        "keep names and inodes in memory: sysctl vm.vfs_cache_pressure below 100, more memory (of "
        "the cgroup, too), and look for what pushes them out: scans (find, updatedb, backups), "
        "drop_caches"};
    const auto& misses = worst.directory->misses;
    if (misses &&
        static_cast<double>(misses->negative) > kManyAbsent * static_cast<double>(worst.count))
        advice.emplace_back("most of these names do not exist: shorten search paths (PATH, "
                            "LD_LIBRARY_PATH, include and module directories)");
    if (worst.count >= kHuge)
        advice.emplace_back("split the directory: hash the names into subdirectories (ab/cd/NAME) "
                            "of some thousand entries each");
    if (depth_of(lookups) >= kDeep)
        advice.emplace_back("paths are deep: open a directory once and name files from there "
                            "(openat), or chdir to it");
    if (share_of(worst.device, worst.time) >= kWaited)
        advice.emplace_back("a program that visits every file does so faster in the order of inode "
                            "numbers (d_ino of readdir), and with several threads");
    return advice;
}

Finding described(Finding finding, const std::vector<Cost>& costs, const Interval& interval)
{
    const Cost& worst = costs.front();
    const Lookups lookups = lookups_in(interval);
    const Load load = load_of(interval, {{}, names_files, {}, [](const Operation& row) {
                                             return row.lookups.misses ? row.lookups.misses->time
                                                                       : row.latency.sum;
                                         }});
    finding.subject.emplace_back("path", name_of(*worst.directory));
    if (!worst.directory->device.empty())
        finding.subject.emplace_back("device", worst.directory->device);
    if (!load.process.empty())
        finding.subject.emplace_back("process", load.process);
    finding.summary =
        fmt::format("finding files takes {} of the operations' time, most of it in {}",
                    human_share(finding.share), name_of(*worst.directory));
    for (std::size_t i = 0; i < std::min(costs.size(), kListed); ++i)
        finding.evidence.push_back(evidence_of(costs[i]));
    if (lookups.paths > 0)
        finding.evidence.push_back(fmt::format(
            "{} paths of {:.1f} names on average in operations of {} or more",
            grouped_count(lookups.paths), depth_of(lookups), human_duration(kSlowLookup)));
    if (!worst.directory->misses)
        finding.evidence.emplace_back("which names were not cached this kernel does not tell: "
                                      "taken are the slow operations that waited for a device");
    finding.advice = advice_for(worst, lookups);
    return finding;
}

} // namespace

Findings path_lookup(const Interval& interval)
{
    std::vector<Cost> costs;
    Nanoseconds time{};
    std::uint64_t count = 0;
    bool known = true;
    for (const DirectoryLookups& row : interval.counts.directories) {
        const Cost cost = cost_of(row);
        if (cost.count == 0)
            continue;
        costs.push_back(cost);
        time += cost.time;
        count += cost.count;
        known = known && row.misses.has_value();
    }
    if (count < kLeast || (!known && changed_files(interval, time)))
        return {};
    auto finding = judged(interval, time, judged_time(interval), "path-lookup", "filesystem");
    if (!finding)
        return {};
    std::ranges::stable_sort(costs, std::greater{}, &Cost::time);
    return {described(std::move(*finding), costs, interval)};
}

} // namespace iopath
