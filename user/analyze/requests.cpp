// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/load.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/format.h>
#include <map>

namespace iopath {

namespace {

bool is_digit(char c)
{
    return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

/// Disks whose names are letters only, so that any number behind them is a partition's.
bool is_lettered_disk(std::string_view name)
{
    constexpr std::array<std::string_view, 6> kDrivers{"sd", "vd", "hd", "xvd", "dasd", "ubd"};
    return std::any_of(kDrivers.begin(), kDrivers.end(), [&](std::string_view driver) {
        return name.size() > driver.size() && name.starts_with(driver);
    });
}

void add_row(Requests& requests, const BlockRequests& row)
{
    if (row.op == "flush") {
        requests.flushes += row.count;
        requests.flush_service.add(row.service);
        return;
    }
    requests.count += row.count;
    requests.queue.add(row.queue);
    requests.service.add(row.service);
    requests.depth_time += row.depth_time;
    requests.located += row.located;
    requests.sequential += row.sequential;
    for (std::size_t i = 0; i < kSizes; ++i)
        requests.sizes.at(i) += row.sizes.at(i);
    requests.scheduler.count += row.scheduler.count;
    requests.scheduler.time += row.scheduler.time;
    requests.timeouts += row.timeouts;
}

} // namespace

std::string whole_disk(std::string_view device)
{
    std::size_t stem = device.size();
    while (stem > 0 && is_digit(device[stem - 1]))
        --stem;
    if (stem == device.size() || stem == 0)
        return std::string{device};
    const std::string_view name = device.substr(0, stem);
    const bool numbered = stem >= 2 && name.back() == 'p' && is_digit(name[stem - 2]);
    if (numbered)
        return std::string{name.substr(0, stem - 1)};
    const bool lettered = std::none_of(name.begin(), name.end(), is_digit);
    return std::string{lettered && is_lettered_disk(name) ? name : device};
}

std::optional<Requests> requests_behind(const Interval& interval, const std::string& device)
{
    std::map<std::string, Requests> disks;
    for (const BlockRequests& row : interval.counts.block) {
        Requests& requests = disks[row.device];
        requests.device = row.device;
        add_row(requests, row);
    }
    for (const BlockRequests& row : interval.counts.flush_sequences)
        if (const auto disk = disks.find(row.device); disk != disks.end()) {
            disk->second.sequences += row.count;
            disk->second.sequence_service.add(row.service);
        }
    for (auto& [name, requests] : disks)
        if (interval.length > Nanoseconds::zero())
            requests.depth = to_seconds(requests.depth_time) / to_seconds(interval.length);
    for (const std::string& name : {device, whole_disk(device)})
        if (const auto found = disks.find(name); found != disks.end())
            return found->second;
    const auto busiest =
        std::max_element(disks.begin(), disks.end(), [](const auto& a, const auto& b) {
            return a.second.service.sum < b.second.service.sum;
        });
    if (busiest == disks.end())
        return std::nullopt;
    return busiest->second;
}

std::string shape_of(const Requests& requests)
{
    std::vector<std::string> parts;
    const auto p50 = size_quantile(requests.sizes, 0.5);
    const auto p99 = size_quantile(requests.sizes, 0.99);
    if (p50 && *p99 > 0)
        parts.push_back(fmt::format("{} to {} each (p50, p99)",
                                    human_bytes(static_cast<double>(*p50)),
                                    human_bytes(static_cast<double>(*p99))));
    if (requests.located > 0)
        parts.push_back(
            fmt::format("{:.0f}% sequential", 100 * static_cast<double>(requests.sequential) /
                                                  static_cast<double>(requests.located)));
    return fmt::format("{}", fmt::join(parts, ", "));
}

std::string disk_name(const Requests& requests, const std::string& row_device)
{
    if (row_device.empty() || requests.device == row_device ||
        requests.device == whole_disk(row_device))
        return requests.device;
    return fmt::format("{} (the busiest disk, probably below {})", requests.device, row_device);
}

} // namespace iopath
