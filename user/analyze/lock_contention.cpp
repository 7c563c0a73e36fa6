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

std::vector<std::string> kernel_advice(const KernelLockWaits& worst)
{
    return {
        "writers of one file take its inode's lock in turn: give each thread a file of its own, or "
        "gather their writes into fewer, larger ones",
        "O_DIRECT overwrites of whole blocks may run side by side (ext4, xfs); appends and "
        "buffered writes never do; in one directory creations and removals do not either",
        fmt::format("perf lock contention -ab, or perf record -g -e lock:contention_begin, shows "
                    "the way to {}",
                    worst.caller)};
}

std::vector<std::string> cluster_advice()
{
    return {
        "a node keeps a lock until another one asks: let each node write to files, and create "
        "them in directories, of its own",
        "where several nodes must write to one file, fewer and larger writes hand its locks "
        "over less often; -o coherency=buffered spares O_DIRECT writes the exclusive lock, at the "
        "risk that other nodes read what is stale",
        "/sys/kernel/debug/ocfs2/*/locking_state, or debugfs.ocfs2 -R fs_locks DEVICE, shows "
        "each lock with its inode"};
}

/// What belongs to one finding: the kernel's locks by who takes them, a cluster's by what they are.
std::string group_of(const KernelLockWaits& row)
{
    return row.of_cluster() ? row.type + " " + row.lock : row.caller;
}

std::string summary_of(double share, const KernelLockWaits& worst)
{
    if (!worst.of_cluster())
        return fmt::format("operations wait {} of their time for the kernel lock ({}) that {} "
                           "takes",
                           human_share(share), worst.type, worst.caller);
    return fmt::format("operations wait {} of their time until the other nodes of the cluster give "
                       "up locks of type {}",
                       human_share(share), worst.lock);
}

Finding described(Finding finding, const Rows& rows)
{
    const KernelLockWaits& worst = *rows.front();
    if (!worst.device.empty())
        finding.subject.emplace_back("device", worst.device);
    finding.subject.emplace_back("operation", operation(worst));
    finding.subject.emplace_back("caller", worst.caller);
    finding.subject.emplace_back("type", worst.type);
    if (worst.of_cluster())
        finding.subject.emplace_back("lock", worst.lock);
    finding.summary = summary_of(finding.share, worst);
    for (std::size_t i = 0; i < std::min(rows.size(), kRows); ++i)
        finding.evidence.push_back(fmt::format("{}: {} waits of {} in all, at most {} ({})",
                                               operation(*rows[i]), grouped_count(rows[i]->waits),
                                               human_duration(rows[i]->time),
                                               human_duration(rows[i]->max), type_text(*rows[i])));
    finding.advice = worst.of_cluster() ? cluster_advice() : kernel_advice(worst);
    return finding;
}

} // namespace

Findings lock_contention(const Interval& interval)
{
    std::map<std::string, Rows> groups;
    for (const KernelLockWaits& row : interval.counts.kernel_locks)
        groups[group_of(row)].push_back(&row);
    Findings findings;
    for (auto& [group, rows] : groups) {
        longest_first(rows);
        auto finding =
            judged(interval, time_of(rows), judged_time(interval), "lock-contention", "filesystem");
        if (finding)
            findings.push_back(described(std::move(*finding), rows));
    }
    return findings;
}

} // namespace iopath
