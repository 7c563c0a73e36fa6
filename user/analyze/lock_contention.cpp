// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/findings.h"
#include "analyze/load.h"
#include "analyze/lock_rows.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace iopath {

namespace {

constexpr std::size_t kRows = 3;

using Rows = LockRows<KernelLockWaits>; // longest first

std::string operation(const KernelLockWaits& row)
{
    std::string text(name_of(row.op));
    if (!row.fs.empty())
        text += " " + row.fs;
    if (!row.device.empty())
        text += " " + row.device;
    return text;
}

Finding described(Finding finding, const Rows& rows)
{
    const KernelLockWaits& worst = *rows.front();
    if (!worst.device.empty())
        finding.subject.emplace_back("device", worst.device);
    finding.subject.emplace_back("operation", operation(worst));
    finding.subject.emplace_back("caller", worst.caller);
    finding.subject.emplace_back("type", worst.type);
    finding.summary =
        fmt::format("operations wait {} of their time for the kernel lock ({}) that {} takes",
                    human_share(finding.share), worst.type, worst.caller);
    for (std::size_t i = 0; i < std::min(rows.size(), kRows); ++i)
        finding.evidence.push_back(fmt::format("{}: {} waits of {} in all, at most {} ({})",
                                               operation(*rows[i]), grouped_count(rows[i]->waits),
                                               human_duration(rows[i]->time),
                                               human_duration(rows[i]->max), rows[i]->type));
    finding.advice = {
        "writers of one file take its inode's lock in turn: give each thread a file of its own, or "
        "gather their writes into fewer, larger ones",
        "O_DIRECT overwrites of whole blocks may run side by side (ext4, xfs); appends and "
        "buffered writes never do; in one directory creations and removals do not either",
        fmt::format("perf lock contention -ab, or perf record -g -e lock:contention_begin, shows "
                    "the way to {}",
                    worst.caller)};
    return finding;
}

} // namespace

Findings lock_contention(const Interval& interval)
{
    std::map<std::string, Rows> callers;
    for (const KernelLockWaits& row : interval.counts.kernel_locks)
        callers[row.caller].push_back(&row);
    Findings findings;
    for (auto& [caller, rows] : callers) {
        longest_first(rows);
        auto finding =
            judged(interval, time_of(rows), judged_time(interval), "lock-contention", "filesystem");
        if (finding)
            findings.push_back(described(std::move(*finding), rows));
    }
    return findings;
}

} // namespace iopath
