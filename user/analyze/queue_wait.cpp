// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/findings.h"
#include "analyze/load.h"

#include <algorithm>
#include <fmt/format.h>

namespace iopath {

namespace {

/// With this many requests in the device on average, the queue before it is a consequence.
constexpr double kBusyDepth = 4;

std::vector<std::string> advice_for(const std::string& disk, bool device_busy)
{
    const std::string queue = fmt::format("/sys/block/{}/queue", disk.empty() ? "DEVICE" : disk);
    std::vector<std::string> advice;
    if (device_busy)
        advice.emplace_back("the device is busy as well: the queue follows from it; lower the "
                            "concurrency or the number of requests first");
    advice.push_back(fmt::format("compare I/O schedulers: cat {0}/scheduler; flash is best served "
                                 "by none, and bfq or mq-deadline hold requests back on purpose",
                                 queue));
    advice.push_back(fmt::format("if tags run out, raise {0}/nr_requests (or the driver's queue "
                                 "depth); writeback throttling is {0}/wbt_lat_usec",
                                 queue));
    advice.emplace_back("look for limits: io.latency of the cgroup and writeback throttling are "
                        "counted here where the kernel does not show them apart (iopath doctor: "
                        "rq_limits)");
    return advice;
}

/// A request begins when it has got a tag: its queue time leaves out what was waited for that.
bool before_requests(const Load& load, const Requests& requests)
{
    return !requests.queue.histogram.empty() && 2 * requests.queue.sum < load.time;
}

Finding described(Finding finding, const Load& load, const std::optional<Requests>& requests)
{
    const std::string name = load.device.empty() ? "a device of unknown name" : load.device;
    finding.summary =
        fmt::format("requests for {} wait in the block layer for {} of the operations' time", name,
                    human_share(finding.share));
    if (requests && !requests->queue.histogram.empty()) // devices without requests have none
        finding.evidence.push_back(
            fmt::format("{}: queue {} before service {}, mean depth in the device {:.2f}",
                        disk_name(*requests, load.device), figures(requests->queue),
                        figures(requests->service), requests->depth));
    finding.evidence.push_back(
        fmt::format("stage block_queue {} in all: {}", human_duration(load.time), figures(load)));
    finding.evidence.push_back(fmt::format("mostly {}", load.row));
    if (requests && requests->queue.sum > Nanoseconds::zero())
        finding.evidence.push_back(
            fmt::format("of {} in the queue the scheduler had requests for {}; the rest is plugs, "
                        "and what came before the scheduler",
                        human_duration(requests->queue.sum),
                        human_duration(std::min(requests->scheduler.time, requests->queue.sum))));
    if (requests && before_requests(load, *requests))
        finding.evidence.emplace_back("most of it passed before there was a request: all tags were "
                                      "taken, or writeback was throttled");
    finding.advice = advice_for(requests ? requests->device : whole_disk(load.device),
                                requests && requests->depth >= kBusyDepth);
    return finding;
}

} // namespace

Findings queue_wait(const Interval& interval)
{
    Findings findings;
    for (const Load& load : loads_by_device(interval, Cause{{Stage::block_queue}, {}, {}}))
        if (auto finding = judged(interval, load, "queue-wait", "block"))
            findings.push_back(
                described(std::move(*finding), load, requests_behind(interval, load.device)));
    return findings;
}

} // namespace iopath
