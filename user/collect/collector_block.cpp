// SPDX-License-Identifier: GPL-2.0-only
// Block requests: rows by device and op, and who asked for them.
#include "bpf/iopath.h"
#include "collect/collector.h"
#include "collect/records.h"

#include <algorithm>

namespace iopath {

namespace {

// REQ_OP_* of include/linux/blk_types.h; the values below 10 have kept their meaning since 4.10.
std::string_view request_op_name(std::uint32_t op)
{
    switch (op) {
    case 0:
        return "read";
    case 1:
        return "write";
    case 2:
        return "flush";
    case 3:
        return "discard";
    case 5:
        return "secure_erase";
    case 7:
        return "zone_append";
    case 9:
        return "write_zeroes";
    case 34:
    case 35:
        return "driver";
    default:
        return op < 34 ? "zone" : "other";
    }
}

std::uint32_t device_in(std::string_view work)
{
    constexpr std::string_view kFlush = "flush-";
    const auto colon = work.find(':');
    if (!work.starts_with(kFlush) || colon == std::string_view::npos)
        return 0;
    const auto number = [](std::string_view digits) {
        std::uint32_t value = 0;
        for (const char digit : digits)
            value = value * 10 + static_cast<std::uint32_t>(digit - '0');
        return value;
    };
    return number(work.substr(kFlush.size(), colon - kFlush.size())) << 20U |
           number(work.substr(colon + 1));
}

void add_part(BlockRequests& requests, const iopath_block_row& part)
{
    requests.bytes += part.bytes;
    requests.errors += part.errors;
    requests.merges += part.merges;
    requests.requeues += part.requeues;
    requests.queue.add(
        latency_of(static_cast<const iop_u64*>(part.queue), part.queue_ns, part.queue_max_ns));
    requests.service.add(latency_of(static_cast<const iop_u64*>(part.service), part.service_ns,
                                    part.service_max_ns));
    requests.count = requests.service.histogram.count();
}

/// Adds what is said of one submitter twice, as an exec or a new worker makes it.
void add_submitted(std::vector<Submitted>& all, Submitted one)
{
    const auto known = std::find_if(all.begin(), all.end(),
                                    [&](const Submitted& has) { return has.by == one.by; });
    if (known == all.end()) {
        all.push_back(std::move(one));
        return;
    }
    known->count += one.count;
    known->bytes += one.bytes;
    known->time += one.time;
}

/// What the rows of a breakdown are told apart by.
Submitter common_part(Submitter by, const CollectExtent& extent)
{
    if (extent.by_cgroup)
        return {SubmitterKind::unknown, 0, "", by.cgroup, "", ""};
    if (by.pid == 0 && by.kind == SubmitterKind::kernel)
        by.comm.clear(); // workers share a row
    return {by.kind, by.pid, by.comm, "", "", ""};
}

} // namespace

Submitter Collector::submitter_of(const iopath_submitter& info)
{
    Submitter by;
    if (info.key.kind < IOPATH_SUBMITTER_KINDS)
        by.kind = static_cast<SubmitterKind>(info.key.kind);
    by.pid = static_cast<int>(info.key.tgid);
    if (info.key.cgroup != 0)
        by.cgroup = names_.cgroup(info.key.cgroup);
    const std::string work = fixed_string(info.key.worker);
    if (by.kind == SubmitterKind::writeback) {
        const std::uint32_t dev = device_in(work);
        by.device = dev != 0 ? names_.disk(dev) : work.substr(work.find('-') + 1);
        by.fs = names_.file_systems(by.device);
        by.comm = "writeback";
    } else {
        by.comm = work.empty() ? fixed_string(info.comm) : work;
    }
    return by;
}

void Collector::read_submitters(std::map<std::uint32_t, BlockRequests>& table,
                                const CollectExtent& extent)
{
    // A process is known by the name it had last: its first requests may be those of an exec.
    std::map<int, std::string> comms;
    // Backwards: the latest comes first.
    for (std::uint32_t number = extent.submitters; number-- > IOPATH_FIRST_FREE_SUBMITTER;) {
        const auto* info = static_cast<const iopath_submitter*>(maps_.read("submitters", number));
        if (!info)
            continue;
        BlockRequests& row = table[info->row];
        Submitted one{submitter_of(*info)};
        if (one.by.kind == SubmitterKind::process)
            one.by.comm = comms.try_emplace(one.by.pid, one.by.comm).first->second;
        if (extent.by_process || extent.by_cgroup)
            row.whose = common_part(one.by, extent);
        maps_.read_per_cpu("submitted", number, [&](const PerCpuValues& values) {
            values.each<iopath_submitted>([&](int, const iopath_submitted& part) {
                one.count += part.count;
                one.bytes += part.bytes;
                one.time += Nanoseconds(part.service_ns);
            });
        });
        if (one.count != 0 || one.bytes != 0)
            add_submitted(row.by, std::move(one));
    }
}

void Collector::read_block(Counts& counts, const CollectExtent& extent)
{
    if (extent.block_rows == 0)
        return; // the layer is dark
    std::map<std::uint32_t, BlockRequests> table;
    table[0].op = "other";
    for (std::uint32_t row = IOPATH_FIRST_FREE_BLOCK_ROW; row < extent.block_rows; row++) {
        const auto* info = static_cast<const iopath_block_info*>(maps_.read("block_infos", row));
        if (!info)
            continue;
        BlockRequests& requests = table[row];
        requests.device = names_.disk(info->key.dev);
        if (requests.device.empty())
            requests.device = fixed_string(info->disk);
        requests.op = request_op_name(info->key.op);
    }
    read_submitters(table, extent);
    for (auto& entry : table) {
        BlockRequests& requests = entry.second;
        maps_.read_per_cpu("block_rows", entry.first, [&](const PerCpuValues& values) {
            values.each<iopath_block_row>(
                [&](int, const iopath_block_row& part) { add_part(requests, part); });
        });
        std::stable_sort(requests.by.begin(), requests.by.end(),
                         [](const Submitted& a, const Submitted& b) { return a.time > b.time; });
        if (requests.count != 0 || requests.errors != 0 || requests.merges != 0 ||
            requests.requeues != 0)
            counts.block.push_back(std::move(requests));
    }
}

} // namespace iopath
