// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/findings.h"
#include "analyze/load.h"
#include "analyze/lock_rows.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <utility>

namespace iopath {

namespace {

constexpr std::size_t kPairs = 3;

using Rows = LockRows<FileLockWaits>; // longest first

std::string process(const std::string& comm, int pid)
{
    if (pid == 0)
        return "an unknown process";
    return comm.empty() ? fmt::format("process {}", pid) : fmt::format("{}[{}]", comm, pid);
}

std::string waiter(const FileLockWaits& row)
{
    return process(row.waiter_comm, row.key.waiter);
}

std::string holder(const FileLockWaits& row)
{
    return process(row.holder_comm, row.key.holder);
}

std::string evidence_of(const FileLockWaits& row)
{
    std::string text =
        fmt::format("{} waited for {} {} {} ({}), at most {} at a time", waiter(row), holder(row),
                    grouped_count(row.waits), row.waits == 1 ? "time" : "times",
                    human_duration(row.time), human_duration(row.max));
    if (row.open > 0)
        text += "; it still waits";
    return text;
}

std::vector<std::string> advice_for(const FileLockWaits& row)
{
    std::vector<std::string> advice{fmt::format(
        "see what {} does while it holds the lock: keep sleeps, network and fsync out of it",
        holder(row))};
    if (row.open > 0)
        advice.emplace_back("if it hangs or forgot the lock, end it: grep the inode in "
                            "/proc/locks, or lslocks, names who has it");
    switch (row.key.type) {
    case FileLockType::flock:
        advice.emplace_back("flock locks the whole file, and a forked child keeps it: open it "
                            "with O_CLOEXEC; lock a range (fcntl) or use a file per object");
        break;
    case FileLockType::lease:
        advice.emplace_back("a lease (Samba oplock, NFS delegation) is broken after "
                            "/proc/sys/fs/lease-break-time seconds");
        break;
    default:
        advice.emplace_back("lock only the bytes in use, and F_RDLCK where they are only read");
    }
    return advice;
}

Finding described(Finding finding, const Rows& rows)
{
    const FileLockWaits& worst = *rows.front();
    if (!worst.key.device.empty())
        finding.subject.emplace_back("device", worst.key.device);
    finding.subject.emplace_back("file", file_name(worst));
    finding.subject.emplace_back("lock", lock_text(worst.key));
    finding.subject.emplace_back("waiter", waiter(worst));
    finding.subject.emplace_back("holder", holder(worst));
    finding.summary =
        fmt::format("{} waits {} of the operations' time for the lock of {} that {} "
                    "holds",
                    waiter(worst), human_share(finding.share), file_name(worst), holder(worst));
    for (std::size_t i = 0; i < std::min(rows.size(), kPairs); ++i)
        finding.evidence.push_back(evidence_of(*rows[i]));
    if (rows.size() > kPairs)
        finding.evidence.push_back(fmt::format("{} more pairs of processes, {} in all",
                                               rows.size() - kPairs, human_duration(finding.time)));
    finding.advice = advice_for(worst);
    return finding;
}

} // namespace

Findings file_lock_wait(const Interval& interval)
{
    std::map<std::pair<std::string, std::uint64_t>, Rows> files;
    Nanoseconds open{}; // no operation of it has ended yet
    for (const FileLockWaits& row : interval.counts.file_locks) {
        files[{row.key.device, row.key.inode}].push_back(&row);
        open += row.open_time;
    }
    Findings findings;
    for (auto& [file, rows] : files) {
        longest_first(rows);
        auto finding = judged(interval, time_of(rows), judged_time(interval) + open,
                              "file-lock-wait", "filesystem");
        if (finding)
            findings.push_back(described(std::move(*finding), rows));
    }
    return findings;
}

} // namespace iopath
