// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/findings.h"
#include "analyze/load.h"

#include <fmt/format.h>

namespace iopath {

namespace {

/// Of stage device, all but the part that FLUSH requests took.
Nanoseconds not_flush(const Operation& row)
{
    const Nanoseconds device = row.stage(Stage::device).time;
    return device - std::min(device, row.flush);
}

Finding described(Finding finding, const Load& load, const std::optional<Requests>& requests)
{
    const std::string name = load.device.empty() ? "the device" : load.device;
    const std::string disk = requests ? requests->device : whole_disk(load.device);
    finding.summary = fmt::format("emptying the write cache of {} takes {} of the operations' time",
                                  name, human_share(finding.share));
    if (requests && requests->flushes > 0)
        finding.evidence.push_back(
            fmt::format("{}: {} FLUSH requests for {} operations, service {}",
                        disk_name(*requests, load.device), grouped_count(requests->flushes),
                        grouped_count(load.operations), figures(requests->flush_service)));
    finding.evidence.push_back(fmt::format(
        "operations waited {} for FLUSH, mean {} each; mostly {}", human_duration(load.time),
        human_duration(load.time / load.operations), load.row));
    if (requests && requests->sequences > 0)
        finding.evidence.push_back(fmt::format(
            "{} writes went as a sequence of flush, data, flush: {} from the first to the last",
            grouped_count(requests->sequences), figures(requests->sequence_service)));
    finding.advice = {
        "sync less often: group commits (several transactions, one fsync), "
        "innodb_flush_log_at_trx_commit, commit_delay, synchronous=NORMAL and the like",
        "preallocate and overwrite, then fdatasync: no metadata to commit; or O_DSYNC writes, "
        "which use FUA where the device has it",
        fmt::format("a device with a protected cache (PLP, battery) needs no flush: "
                    "/sys/block/{}/queue/write_cache then says \"write through\"; never set that "
                    "by hand on one without",
                    disk.empty() ? "DEVICE" : disk)};
    return finding;
}

} // namespace

Findings flush_bound(const Interval& interval)
{
    const Cause cause{
        {Stage::device}, [](const Operation& row) { return row.flush.count() > 0; }, not_flush};
    Findings findings;
    for (const Load& load : loads_by_device(interval, cause))
        if (auto finding = judged(interval, load, "flush-bound", "device"))
            findings.push_back(
                described(std::move(*finding), load, requests_behind(interval, load.device)));
    return findings;
}

} // namespace iopath
