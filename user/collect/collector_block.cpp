// SPDX-License-Identifier: GPL-2.0-only
// Block requests: rows by device and op, and who asked for them.
#include "base/entries.h"
#include "bpf/iopath.h"
#include "collect/block_status.h"
#include "collect/collector.h"
#include "collect/records.h"
#include "sys/devices.h"

#include <algorithm>
#include <set>

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
    case IOPATH_BLOCK_SEQUENCE:
        return "flush_sequence";
    case 34:
    case 35:
        return "driver";
    default:
        return op < 34 ? "zone" : "other";
    }
}

/// "flush-254:0", as writeback's work calls itself; 0: file systems without a device of their own.
std::uint32_t device_in(std::string_view work)
{
    constexpr std::string_view kFlush = "flush-";
    if (!work.starts_with(kFlush))
        return 0;
    const auto number = DeviceNumber::in(work.substr(kFlush.size()));
    return number ? number->value() : 0;
}

/// What is with the driver: added up over CPUs, as one may take away what another has added.
struct Open {
    iop_u64 count = 0;
    iop_u64 issued = 0; ///< the sum of their issue times
};

template <typename Array>
void add_each(Array& sums, const iop_u64* part)
{
    for (std::size_t i = 0; i < sums.size(); ++i)
        sums.at(i) += part[i];
}

void add_flow(BlockRequests& requests, const iopath_block_row& part)
{
    requests.located += part.located;
    requests.sequential += part.sequential;
    requests.depth_time += Nanoseconds(part.service_ns + part.requeued_ns);
    requests.scheduler.count += part.scheduled;
    requests.scheduler.time += Nanoseconds(part.scheduled_ns);
    requests.scheduler.max = std::max(requests.scheduler.max, Nanoseconds(part.scheduled_max_ns));
    add_each(requests.flags, static_cast<const iop_u64*>(part.flags));
    add_each(requests.sizes, static_cast<const iop_u64*>(part.sizes));
}

/// Requests with the driver have been there until now. A part read a moment before another may
/// miss one of them.
void add_open(BlockRequests& requests, const Open& open, std::uint64_t now_ns)
{
    const auto time = static_cast<std::int64_t>(open.count * now_ns - open.issued);
    if (static_cast<std::int64_t>(open.count) <= 0 || time <= 0)
        return;
    requests.open = open.count;
    requests.depth_time += Nanoseconds(time);
}

void add_part(BlockRequests& requests, const iopath_block_row& part)
{
    requests.splits += part.splits;
    requests.timeouts += part.timeouts;
    requests.bytes += part.bytes;
    requests.errors += part.errors;
    requests.merges += part.merges;
    requests.requeues += part.requeues;
    requests.queue.add(
        latency_of(static_cast<const iop_u64*>(part.queue), part.queue_ns, part.queue_max_ns));
    requests.service.add(latency_of(static_cast<const iop_u64*>(part.service), part.service_ns,
                                    part.service_max_ns));
    requests.count = requests.service.histogram.count();
    add_flow(requests, part);
}

std::optional<std::uint64_t> sector_of(iop_u64 sector)
{
    return sector == ~iop_u64{0} ? std::nullopt : std::optional<std::uint64_t>(sector);
}

/// Adds what is said of one submitter twice, as an exec or a new worker makes it.
void add_submitted(std::vector<Submitted>& all, const Submitted& one)
{
    Submitted none;
    none.by = one.by;
    Submitted& known =
        entry_for(all, std::move(none), [&](const Submitted& has) { return has.by == one.by; });
    known.count += one.count;
    known.bytes += one.bytes;
    known.time += one.time;
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

/// A loop device hands nothing on: its worker, which bears its name, reads and writes the file.
bool is_loop(const Submitter& by)
{
    constexpr std::string_view kLoop = "loop";
    return by.kind == SubmitterKind::kernel && by.comm.starts_with(kLoop) &&
           by.comm.size() > kLoop.size() &&
           std::all_of(by.comm.begin() + kLoop.size(), by.comm.end(),
                       [](char c) { return c >= '0' && c <= '9'; });
}

void add_handed_on(Counts& counts, const HandedOn& more)
{
    HandedOn none = more;
    none.count = 0;
    none.time = {};
    HandedOn& known = entry_for(counts.handed_on, std::move(none), [&](const HandedOn& has) {
        return has.device == more.device && has.from == more.from && has.op == more.op;
    });
    known.count += more.count;
    known.time += more.time;
}

} // namespace

Submitter Collector::submitter_of(const iopath_submitter& info) const
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

void Collector::submitter_into(Submitter& by, std::uint32_t number)
{
    if (const auto* info = static_cast<const iopath_submitter*>(maps_.read("submitters", number)))
        by = submitter_of(*info);
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
            add_submitted(row.by, one);
    }
}

void Collector::read_block_errors(Counts& counts,
                                  const std::map<std::uint32_t, BlockRequests>& table)
{
    maps_.each("block_errors", [&](const void* key, const void* value) {
        const auto* kind = static_cast<const iopath_block_error_key*>(key);
        const auto* seen = static_cast<const iopath_block_error*>(value);
        BlockErrors errors;
        if (const auto row = table.find(kind->row); row != table.end()) {
            errors.device = row->second.device;
            errors.op = row->second.op;
        }
        errors.status = block_status_name(kind->status);
        errors.count = seen->count;
        errors.sector = sector_of(seen->sector);
        errors.last_sector = sector_of(seen->last_sector);
        if (seen->submitter != 0)
            submitter_into(errors.by, seen->submitter);
        counts.block_errors.push_back(std::move(errors));
    });
}

void Collector::read_block_row(BlockRequests& requests, std::uint32_t row, std::uint64_t now_ns)
{
    Open open;
    maps_.read_per_cpu("block_rows", row, [&](const PerCpuValues& values) {
        values.each<iopath_block_row>([&](int, const iopath_block_row& part) {
            add_part(requests, part);
            open.count += part.open;
            open.issued += part.open_issued;
        });
    });
    add_open(requests, open, now_ns);
    std::stable_sort(requests.by.begin(), requests.by.end(),
                     [](const Submitted& a, const Submitted& b) { return a.time > b.time; });
}

void Collector::read_block(Counts& counts, const CollectExtent& extent)
{
    if (extent.block_rows == 0)
        return; // the layer is dark
    std::map<std::uint32_t, BlockRequests> table;
    table[0].op = "other";
    std::set<std::uint32_t> sequences;
    for (std::uint32_t row = IOPATH_FIRST_FREE_BLOCK_ROW; row < extent.block_rows; row++) {
        const auto* info = static_cast<const iopath_block_info*>(maps_.read("block_infos", row));
        if (!info)
            continue;
        BlockRequests& requests = table[row];
        requests.device = names_.disk(info->key.dev);
        if (requests.device.empty())
            requests.device = fixed_string(info->disk);
        requests.op = request_op_name(info->key.op);
        if (info->key.op == IOPATH_BLOCK_SEQUENCE)
            sequences.insert(row);
    }
    read_submitters(table, extent);
    read_block_errors(counts, table);
    for (auto& [row, requests] : table) {
        read_block_row(requests, row, extent.now_ns);
        if (requests.is_zero())
            continue;
        auto& list = sequences.contains(row) ? counts.flush_sequences : counts.block;
        list.push_back(std::move(requests));
    }
    read_handed_on(counts);
}

void Collector::read_handed_on(Counts& counts)
{
    maps_.each_per_cpu("block_levels", [&](const void* key, const PerCpuValues& values) {
        const auto* level = static_cast<const iopath_level_key*>(key);
        HandedOn row;
        row.device = names_.disk(level->dev);
        if (level->from != 0)
            row.from = names_.disk(level->from);
        row.op = request_op_name(level->op);
        values.each<iopath_level>([&](int, const iopath_level& part) {
            row.count += part.count;
            row.time += Nanoseconds(part.ns);
        });
        add_handed_on(counts, row);
    });
    for (const BlockRequests& row : counts.block)
        for (const Submitted& one : row.by)
            if (is_loop(one.by))
                add_handed_on(counts, {row.device, one.by.comm, row.op, one.count, one.time});
}

} // namespace iopath
