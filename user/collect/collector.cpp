// SPDX-License-Identifier: GPL-2.0-only
#include "collect/collector.h"

#include "bpf/iopath.h"
#include "collect/records.h"
#include "model/via.h"

#include <algorithm>
#include <cstring>
#include <unistd.h>

namespace iopath {

namespace {

constexpr std::size_t kTopProcesses = 10;

// A row whose CPUs all count nothing has not been used.
bool is_empty(const Operation& operation)
{
    return operation.latency.histogram.empty();
}

/// The kernel weighs pages.
DirtyPauses pauses_of(const iopath_dirty& pages)
{
    const auto size = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    return {pages.pauses,
            pages.strict,
            pages.dirty * size,
            pages.limit * size,
            pages.background * size,
            pages.device_dirty * size,
            pages.device_limit * size,
            pages.rate * size};
}

Lookups lookups_of(const iopath_lookups& sums)
{
    return {sums.paths, sums.components,
            NameMisses{sums.misses, sums.negative, Nanoseconds(sums.ns),
                       Nanoseconds(sums.device_ns), sums.reads, sums.read_bytes}};
}

/// An operation may have ended on another CPU than where it brought pages in or was held back.
bool is_used(const iopath_row& part)
{
    const bool ended = part.pure_ns != 0 || part.mixed_ns != 0 || part.max_ns != 0;
    return ended || part.pages_asked != 0 || part.pages_added != 0 || part.dirty.pauses != 0 ||
           std::ranges::any_of(part.reclaims, [](iop_u64 count) { return count != 0; });
}

void add_row(Operation& operation, const iopath_row& row)
{
    operation.bytes += row.bytes;
    operation.errors += row.errors;
    operation.would_block += row.would_block;
    operation.interrupted += row.interrupted;
    operation.imbalanced += row.imbalanced;
    operation.voluntary += row.voluntary;
    operation.involuntary += row.involuntary;
    operation.flush += Nanoseconds(row.flush_ns);
    operation.dirty += Nanoseconds(row.dirty_ns);
    for (std::size_t wait = 0; wait < kFileWaits; wait++)
        operation.waits.at(wait) += Nanoseconds(row.wait_ns[wait]);
    operation.merged += row.merged;
    operation.cache.add({row.pages_asked, row.pages_missed, row.pages_added, row.pages_again});
    operation.lookups.add(lookups_of(row.lookups));
    operation.pauses.add(pauses_of(row.dirty));
    for (std::size_t kind = 0; kind < kReclaims; kind++)
        operation.reclaims.at(kind) += row.reclaims[kind];
    operation.residual += Nanoseconds(row.residual_ns);
    const Latency pure = latency_of(static_cast<const iop_u64*>(row.pure), row.pure_ns, row.max_ns);
    operation.latency.add(pure);
    operation.latency.add(
        latency_of(static_cast<const iop_u64*>(row.mixed), row.mixed_ns, row.max_ns));
    // An operation that only ran has its wall time as its cpu time.
    StageTime& cpu = operation.stage(Stage::cpu);
    cpu.time += pure.sum;
    cpu.histogram.add(pure.histogram);
    for (std::size_t stage = 0; stage < kStages; stage++)
        operation.stages.at(stage).time += Nanoseconds(row.stage_ns[stage]);
    operation.count = operation.latency.histogram.count();
}

} // namespace

Collector::Collector(MapReader& maps, Names names) : maps_(maps), names_(std::move(names)) {}

void Collector::read_identities(const CollectExtent& extent)
{
    identities_.clear();
    devs_.clear();
    std::map<std::uint32_t, std::uint32_t> files; // their numbers, by row
    for (std::uint32_t op = 0; op < IOPATH_OP_COUNT; op++) {
        OperationKey key;
        key.op = static_cast<Op>(op);
        key.target = Target::other;
        if (extent.by_file)
            key.file = FileName();
        identities_[1 + op] = key;
    }
    for (std::uint32_t row = IOPATH_FIRST_FREE_ROW; row < extent.rows; row++) {
        const auto* info = static_cast<const iopath_row_info*>(maps_.read("row_infos", row));
        if (!info)
            continue;
        OperationKey key;
        key.op = static_cast<Op>(info->key.op);
        key.target = static_cast<Target>(info->key.target);
        key.interface = static_cast<Interface>(info->key.interface);
        if (info->key.peer_target != IOPATH_NO_PEER_TARGET)
            key.peer_target = static_cast<Target>(info->key.peer_target);
        key.fs = fixed_string(info->fs);
        if (info->key.dev != 0)
            key.device = names_.device(info->key.dev, key.fs);
        if (!key.fs.empty())
            devs_[row] = info->key.dev;
        if (extent.by_process) {
            key.pid = static_cast<int>(info->key.scope);
            key.comm = fixed_string(info->comm);
        }
        if (extent.by_cgroup)
            key.cgroup = names_.cgroup(info->key.scope);
        if (extent.by_file)
            files[row] = static_cast<std::uint32_t>(info->key.scope);
        identities_[row] = std::move(key);
    }
    if (files.empty())
        return;
    auto names = file_names(); // later than the rows: each has its file
    for (const auto& [row, number] : files)
        identities_[row].file = names[number];
}

/// By number.
std::map<std::uint32_t, FileName> Collector::file_names()
{
    std::map<std::uint32_t, FileName> names;
    names[IOPATH_OTHER_FILES].what = FileName::What::others;
    maps_.each("files", [&](const void* /*key*/, const void* value) {
        const auto* file = static_cast<const iopath_file*>(value);
        FileName& name = names[file->number];
        name.what = FileName::What::path;
        name.cut = (file->names.flags & IOPATH_NAMES_CUT) != 0;
        name.deleted = (file->names.flags & IOPATH_NAMES_DELETED) != 0;
        name.path = (name.cut ? "..." : "") + path_of(file->names);
    });
    return names;
}

Operation* Collector::operation_of(Counts& counts, std::uint32_t row)
{
    const auto identity = identities_.find(row);
    if (identity == identities_.end())
        return nullptr;
    const auto [place, is_new] = places_.try_emplace(identity->second, counts.operations.size());
    if (is_new)
        counts.operations.emplace_back().key = identity->second;
    return &counts.operations[place->second];
}

void Collector::read_rows(Counts& counts)
{
    for (const auto& identity : identities_) {
        const std::uint32_t row = identity.first;
        maps_.read_per_cpu("rows", row, [&](const PerCpuValues& values) {
            values.each<iopath_row>([&](int, const iopath_row& part) {
                if (Operation* operation = is_used(part) ? operation_of(counts, row) : nullptr)
                    add_row(*operation, part);
            });
        });
    }
}

void Collector::read_below(Counts& counts)
{
    std::map<std::uint32_t, std::vector<Below>> known;
    for (const auto& [row, dev] : devs_) {
        const auto place = places_.find(identities_[row]);
        if (place == places_.end())
            continue;
        const auto [found, is_new] = known.try_emplace(dev);
        if (is_new)
            found->second = names_.below(dev, place->first.fs);
        auto& below = counts.operations[place->second].below;
        for (const Below& one : found->second) {
            if (std::ranges::find(below, one) == below.end())
                below.push_back(one);
        }
    }
}

void Collector::read_stage_buckets(Counts& counts)
{
    maps_.each("stage_buckets", [&](const void* key, const void* value) {
        iop_u32 packed = 0;
        std::memcpy(&packed, key, sizeof(packed));
        const std::size_t stage = packed >> 8U & 0xffU;
        Operation* operation = operation_of(counts, packed >> 16U);
        if (!operation || stage >= kStages)
            return;
        operation->stages.at(stage).histogram.add(packed & 0xffU,
                                                  *static_cast<const iop_u64*>(value));
    });
}

void Collector::read_vias(Counts& counts)
{
    maps_.each("vias", [&](const void* key, const void* value) {
        const auto* via = static_cast<const iopath_via_key*>(key);
        Operation* operation = operation_of(counts, via->row);
        if (!operation || via->stage >= kStages)
            return;
        auto& known = operation->stages.at(via->stage).via;
        const std::string comm = helper_name(fixed_string(via->comm));
        const Nanoseconds time(*static_cast<const iop_u64*>(value));
        add_via(known, {comm, time});
    });
    for (Operation& operation : counts.operations) {
        for (StageTime& stage : operation.stages)
            std::sort(stage.via.begin(), stage.via.end(),
                      [](const Via& one, const Via& other) { return one.time > other.time; });
    }
}

void Collector::read_tops(Counts& counts, const std::string& tasks)
{
    TopTable table;
    maps_.each("tops", [&](const void* key, const void* value) {
        const auto* process = static_cast<const iopath_top_key*>(key);
        const auto* time = static_cast<const iopath_top*>(value);
        table.add(process->row, process->tgid, fixed_string(time->comm), Nanoseconds(time->ns));
    });
    each_record(tasks, [&](const iopath_task_record& record) {
        if (record.kind == IOPATH_TASK_TOP)
            table.add(record.row, record.tgid, fixed_string(record.comm), Nanoseconds(record.ns));
    });
    table.each([&](std::uint32_t row, const TopProcess& process) {
        if (Operation* operation = operation_of(counts, row))
            operation->top.push_back(process);
    });
    for (Operation& operation : counts.operations) {
        std::sort(
            operation.top.begin(), operation.top.end(),
            [](const TopProcess& one, const TopProcess& other) { return one.time > other.time; });
        if (operation.key.pid != 0 && !operation.top.empty())
            operation.key.comm = operation.top.front().comm; // an exec may have renamed it
        if (operation.top.size() > kTopProcesses)
            operation.top.resize(kTopProcesses);
    }
}

Counts Collector::counts(const CollectExtent& extent, const std::string& tasks)
{
    Counts counts;
    places_.clear();
    read_identities(extent);
    read_tops(counts, tasks);
    read_vias(counts);
    read_stage_buckets(counts);
    read_failures(counts);
    read_directories(counts);
    read_rows(counts); // last: the whole of what was read before
    read_below(counts);
    std::erase_if(counts.operations, is_empty);
    read_block(counts, extent);
    read_nvme(counts);
    read_interrupts(counts);
    read_softirqs(counts);
    read_commits(counts);
    read_helpers(counts);
    read_async(counts);
    read_file_locks(counts, extent, tasks);
    read_kernel_locks(counts);
    read_scheduler(counts);
    read_counters(counts);
    return counts;
}

int Collector::live_members(const std::string& tasks)
{
    int members = 0;
    each_record(tasks, [&](const iopath_task_record& record) {
        members += record.kind == IOPATH_TASK_MEMBER ? 1 : 0;
    });
    return members;
}

std::uint64_t Collector::activity(const CollectExtent& extent)
{
    std::uint64_t sum = 0;
    for (std::uint32_t row = 1; row < std::max<std::uint32_t>(extent.rows, IOPATH_FIRST_FREE_ROW);
         row++) {
        maps_.read_per_cpu("rows", row, [&](const PerCpuValues& values) {
            values.each<iopath_row>([&](int, const iopath_row& part) {
                for (std::size_t i = 0; i < IOPATH_BUCKETS; i++)
                    sum += part.pure[i] + part.mixed[i];
            });
        });
    }
    maps_.read_per_cpu("scheduler", 0, [&](const PerCpuValues& values) {
        values.each<iopath_sched>(
            [&](int, const iopath_sched& part) { sum += part.voluntary + part.involuntary; });
    });
    return sum;
}

std::vector<InFlight> Collector::in_flight(const std::string& tasks)
{
    std::vector<InFlight> open;
    each_record(tasks, [&](const iopath_task_record& record) {
        if (record.kind != IOPATH_TASK_OPEN && record.kind != IOPATH_TASK_BEGUN_BEFORE)
            return;
        InFlight one;
        if (const auto known = identities_.find(record.row); known != identities_.end())
            one.key = known->second;
        one.pid = static_cast<int>(record.pid);
        one.comm = fixed_string(record.comm);
        if (one.key.interface == Interface::syscall)
            one.syscall = names_.syscall(static_cast<int>(record.syscall));
        one.begun_before = record.kind == IOPATH_TASK_BEGUN_BEFORE;
        one.open_for = Nanoseconds(record.ns);
        for (std::size_t stage = 0; stage < kStages; stage++)
            one.stages.at(stage) = Nanoseconds(record.stage_ns[stage]);
        open.push_back(std::move(one));
    });
    return open;
}

} // namespace iopath
