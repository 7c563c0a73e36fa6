// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/findings.h"
#include "analyze/load.h"
#include "model/levels.h"

#include <algorithm>
#include <fmt/format.h>

namespace iopath {

namespace {

/// One thread keeps at most one request with the driver, readahead brings short bursts: from a mean
/// of four on, requests wait for each other inside the device.
constexpr double kSaturatedDepth = 4;
/// Flash answers in well under this; at low depth, then, the device is healthy and each wait is its
/// plain latency.
constexpr Nanoseconds kFlashLatency = std::chrono::microseconds{500};

enum class Verdict { unknown, saturated, slow, latency };

Verdict verdict_of(const std::optional<Requests>& requests)
{
    if (!requests || requests->service.histogram.empty())
        return Verdict::unknown;
    if (requests->depth >= kSaturatedDepth)
        return Verdict::saturated;
    return requests->service.quantile(0.5) > kFlashLatency ? Verdict::slow : Verdict::latency;
}

std::string_view meaning(Verdict verdict)
{
    switch (verdict) {
    case Verdict::saturated:
        return "saturated: requests wait for each other inside the device";
    case Verdict::slow:
        return "slow, not saturated: each request takes long though few are outstanding";
    case Verdict::latency:
        return "slow for this use, not saturated: requests come a few at a time, so the plain "
               "latency of each is the limit";
    case Verdict::unknown:
        break;
    }
    return "whether slow or saturated is unknown: no request was seen";
}

std::string_view summary_word(Verdict verdict)
{
    switch (verdict) {
    case Verdict::saturated:
        return "it is saturated";
    case Verdict::slow:
        return "it is slow, not saturated";
    case Verdict::latency:
        return "it is not saturated, its latency is the limit";
    case Verdict::unknown:
        break;
    }
    return "depth unknown";
}

bool is_small_and_sequential(const Requests& requests)
{
    constexpr std::uint64_t kSmall = 16384;
    return requests.located > 0 && 2 * requests.sequential > requests.located &&
           size_quantile(requests.sizes, 0.5).value_or(kSmall + 1) <= kSmall;
}

std::vector<std::string> advice_for(Verdict verdict, const std::string& disk)
{
    switch (verdict) {
    case Verdict::saturated:
        return {"send fewer or larger requests: merge small ones, raise the block size, cache "
                "what is read again (free memory, O_DIRECT off)",
                fmt::format("check for a limit of the volume (cloud IOPS or MB/s, cgroup io.max) "
                            "and who else uses it: iopath diagnose -d {} --by process",
                            disk),
                "spread the load over more devices, or move to one with more IOPS"};
    case Verdict::slow:
        return {fmt::format("check the device's health and kind: smartctl -a /dev/{0}, dmesg, "
                            "/sys/block/{0}/queue/rotational; for a volume, its IOPS limit",
                            disk),
                "on a rotating or remote disk make access sequential and requests larger "
                "(read_ahead_kb, preallocation), or keep the working set in memory",
                "move the hot files to flash"};
    case Verdict::latency:
        return {"issue more at once: io_uring or libaio with a depth of 8 to 32, more threads, "
                "posix_fadvise(WILLNEED) or a larger read_ahead_kb",
                "make requests larger, or serve them from the page cache: the device has room",
                "where latency itself counts: polled I/O (io_uring IOPOLL), CPU idle states off"};
    case Verdict::unknown:
        break;
    }
    return {"run iopath doctor: without block events the depth stays unknown"};
}

/// Names the device of a stack that takes the most time by itself. Returns it: it is the one to
/// look after.
std::string add_level(Finding& finding, const Counts& counts, const std::string& disk)
{
    const auto levels = levels_of(counts, disk);
    if (levels.empty())
        return disk;
    const auto most = std::ranges::max_element(levels, {}, &Level::time);
    finding.subject.emplace_back("level", most->device);
    finding.evidence.push_back(
        fmt::format("of the time of {}, each level by itself: {}", disk, text_of(levels)));
    return most->device;
}

Findings::value_type described(Finding finding, const Counts& counts, const Load& load,
                               const std::optional<Requests>& requests)
{
    const Verdict verdict = verdict_of(requests);
    const std::string name = load.device.empty() ? "a device of unknown name" : load.device;
    const std::string disk = requests ? requests->device : whole_disk(load.device);
    finding.summary = fmt::format("{} itself takes {} of the operations' time; {}", name,
                                  human_share(finding.share), summary_word(verdict));
    if (requests)
        finding.evidence.push_back(fmt::format(
            "{}: mean depth {:.2f} over {} requests, service {}; {}",
            disk_name(*requests, load.device), requests->depth, grouped_count(requests->count),
            figures(requests->service), meaning(verdict)));
    else
        finding.evidence.emplace_back(meaning(verdict));
    finding.evidence.push_back(
        fmt::format("stage device {} in all: {}", human_duration(load.time), figures(load)));
    finding.evidence.push_back(fmt::format("mostly {}", load.row));
    if (const std::string shape = requests ? shape_of(*requests) : ""; !shape.empty())
        finding.evidence.push_back("its requests: " + shape);
    finding.advice = advice_for(verdict, add_level(finding, counts, disk));
    if (verdict == Verdict::saturated && is_small_and_sequential(*requests))
        finding.advice.insert(finding.advice.begin(),
                              "its requests are small and follow each other: a larger block size, "
                              "buffered writes or a larger read_ahead_kb makes few of many");
    return finding;
}

} // namespace

Findings device_bound(const Interval& interval)
{
    const Cause cause{{Stage::device}, {}, [](const Operation& row) { return row.flush; }};
    Findings findings;
    for (const Load& load : loads_by_device(interval, cause))
        if (auto finding = judged(interval, load, "device-bound", "device"))
            findings.push_back(described(std::move(*finding), interval.counts, load,
                                         requests_behind(interval, load.device)));
    return findings;
}

} // namespace iopath
