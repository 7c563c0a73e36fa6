// SPDX-License-Identifier: GPL-2.0-only
// NVMe commands by hardware queue and CPU.
#include "bpf/iopath.h"
#include "collect/block_status.h"
#include "collect/collector.h"
#include "collect/records.h"

#include <algorithm>
#include <tuple>

namespace iopath {

namespace {

bool is_controller(std::uint32_t dev)
{
    return dev >> 20U == 0;
}

std::string controller_name(std::uint32_t number)
{
    return number == IOPATH_NVME_UNKNOWN ? "nvme" : "nvme" + std::to_string(number);
}

using Place = std::tuple<std::uint32_t, std::uint16_t, std::uint16_t>;

Place place_of(const iopath_nvme_key& key)
{
    return {key.dev, key.qid, key.cpu};
}

NvmeQueue queue_of(const iopath_nvme_key& key, const iopath_nvme& part)
{
    NvmeQueue row;
    row.qid = key.qid;
    row.cpu = key.cpu;
    row.submitted = part.submitted;
    row.retries = part.retries;
    row.elsewhere = part.elsewhere;
    row.interrupts = part.interrupts;
    row.interrupts_elsewhere = part.interrupts_elsewhere;
    row.queue = latency_of(part.queue);
    row.command = latency_of(part.command);
    row.completion = latency_of(part.completion);
    return row;
}

} // namespace

void Collector::read_nvme(Counts& counts)
{
    std::map<Place, NvmeQueue> rows;
    std::map<std::uint32_t, std::string> disks; // a CPU that only completes has not seen the name
    maps_.each("nvme_queues", [&](const void* at, const void* value) {
        const auto& key = *static_cast<const iopath_nvme_key*>(at);
        const auto& part = *static_cast<const iopath_nvme*>(value);
        rows[place_of(key)] = queue_of(key, part);
        if (part.disk[0] != 0)
            disks[key.dev] = fixed_string(part.disk);
    });
    maps_.each("nvme_errors", [&](const void* at, const void* value) {
        const auto& key = *static_cast<const iopath_nvme_error_key*>(at);
        if (const auto row = rows.find(place_of(key.queue)); row != rows.end())
            row->second.errors[block_status_name(key.status)] +=
                *static_cast<const iop_u64*>(value);
    });
    for (auto& [place, row] : rows) {
        const std::uint32_t dev = std::get<0>(place);
        row.device = is_controller(dev) ? controller_name(dev) : disks[dev];
        if (!row.is_zero())
            counts.nvme.push_back(std::move(row));
    }
}

} // namespace iopath
