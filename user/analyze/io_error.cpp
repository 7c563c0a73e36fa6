// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/findings.h"
#include "analyze/load.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>

namespace iopath {

namespace {

/// From this share of failed requests on, what is on the device is out of reach.
constexpr double kCritical = 0.5;

/// Answers that belong to normal life: the caller asked whether something works, did not want to
/// wait, or tries again.
bool is_harmless(const BlockErrors& errors)
{
    constexpr std::array<std::string_view, 6> kHarmless{
        "NOTSUPP", "AGAIN", "RESOURCE", "DEV_RESOURCE", "DM_REQUEUE", "RESV_CONFLICT"};
    return std::find(kHarmless.begin(), kHarmless.end(), errors.status) != kHarmless.end();
}

std::string meaning(const std::string& status)
{
    if (status == "MEDIUM")
        return "the medium cannot be read or written there";
    if (status == "TIMEOUT")
        return "no answer in time";
    if (status == "TRANSPORT")
        return "the way to the device failed";
    if (status == "TARGET")
        return "the device refused the command";
    if (status == "NOSPC")
        return "no space below: a thin pool or the file of a loop device is full";
    if (status == "PROTECTION")
        return "a checksum does not match";
    if (status == "OFFLINE")
        return "the device is gone";
    return "the driver says no more";
}

std::string advice_for(const std::string& status, const std::string& disk)
{
    if (status == "MEDIUM")
        return fmt::format("replace the disk: smartctl -a /dev/{} shows pending and reallocated "
                           "sectors; restore the files concerned, whose sectors are above",
                           disk);
    if (status == "TIMEOUT")
        return fmt::format("dmesg shows what was aborted; compare /sys/block/{}/device/timeout "
                           "with what the device needs, look at cables, path and firmware",
                           disk);
    if (status == "TRANSPORT" || status == "OFFLINE")
        return "check cables, fabric and multipath (multipath -ll), then dmesg for link resets";
    if (status == "NOSPC")
        return "give the pool or the file system below more room: lvs, df";
    if (status == "PROTECTION")
        return "find where data is changed on its way: memory (edac), cable, controller, T10 PI";
    return fmt::format("dmesg | grep {0} tells the driver's reason; smartctl -a /dev/{0}; for a "
                       "loop device look at its backing file: losetup -l",
                       disk.empty() ? "DEVICE" : disk);
}

std::string asked_by(const Submitter& by)
{
    if (by.comm.empty())
        return "";
    return by.pid != 0 ? fmt::format(", asked for by {}[{}]", by.comm, by.pid)
                       : fmt::format(", asked for by {}", by.comm);
}

std::string evidence_of(const BlockErrors& errors)
{
    const std::string_view verb = errors.count == 1 ? "request" : "requests";
    std::string where;
    if (errors.sector)
        where = fmt::format(" at sector {}", *errors.sector);
    if (errors.sector && errors.last_sector && *errors.last_sector != *errors.sector)
        where += fmt::format(" and up to now last at {}", *errors.last_sector);
    return fmt::format("{} {} {} failed with {} ({}){}{}", grouped_count(errors.count), errors.op,
                       verb, errors.status, meaning(errors.status), where, asked_by(errors.by));
}

/// The errors of one device, most first.
struct Failing {
    std::vector<const BlockErrors*> kinds;
    std::uint64_t failed = 0;
};

/// What the failures are to be compared with.
struct Whole {
    std::uint64_t requests = 0;
    std::uint64_t timeouts = 0;
    std::uint64_t requeues = 0;
};

Whole requests_of(const Interval& interval, const std::string& device)
{
    Whole whole;
    for (const BlockRequests& row : interval.counts.block) {
        if (row.device != device)
            continue;
        whole.requests += row.count;
        whole.timeouts += row.timeouts;
        whole.requeues += row.requeues;
    }
    return whole;
}

Finding described(const std::string& device, const Failing& failing, const Whole& whole)
{
    const std::uint64_t requests = std::max(whole.requests, failing.failed);
    const double failed = static_cast<double>(failing.failed) / static_cast<double>(requests);
    Finding finding;
    finding.id = "io-error";
    finding.layer = "device";
    finding.severity = failed >= kCritical ? Severity::critical : Severity::major;
    const std::string name = device.empty() ? "a device of unknown name" : device;
    if (!device.empty())
        finding.subject.emplace_back("device", device);
    finding.subject.emplace_back("status", failing.kinds.front()->status);
    finding.summary =
        fmt::format("{} of {} requests to {} failed: {}", grouped_count(failing.failed),
                    grouped_count(requests), name, meaning(failing.kinds.front()->status));
    for (const BlockErrors* errors : failing.kinds)
        finding.evidence.push_back(evidence_of(*errors));
    if (whole.timeouts > 0 || whole.requeues > 0)
        finding.evidence.push_back(fmt::format("{} timed out, {} were sent again",
                                               grouped_count(whole.timeouts),
                                               grouped_count(whole.requeues)));
    for (const BlockErrors* errors : failing.kinds) {
        std::string advice = advice_for(errors->status, device);
        if (std::find(finding.advice.begin(), finding.advice.end(), advice) == finding.advice.end())
            finding.advice.push_back(std::move(advice));
    }
    return finding;
}

} // namespace

/// Errors have no time of their own: share and time stay zero, the severity ranks them.
Findings io_error(const Interval& interval)
{
    std::map<std::string, Failing> devices;
    for (const BlockErrors& errors : interval.counts.block_errors) {
        if (errors.count == 0 || is_harmless(errors))
            continue;
        Failing& failing = devices[errors.device];
        failing.kinds.push_back(&errors);
        failing.failed += errors.count;
    }
    Findings findings;
    for (auto& [device, failing] : devices) {
        std::stable_sort(
            failing.kinds.begin(), failing.kinds.end(),
            [](const BlockErrors* a, const BlockErrors* b) { return a->count > b->count; });
        findings.push_back(described(device, failing, requests_of(interval, device)));
    }
    return findings;
}

} // namespace iopath
