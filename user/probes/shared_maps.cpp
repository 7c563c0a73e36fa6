// SPDX-License-Identifier: GPL-2.0-only
#include "probes/shared_maps.h"

#include "probes/descriptors.h"
#include "probes/libbpf_log.h"

#include <algorithm>
#include <bpf/libbpf.h>
#include <cerrno>
#include <string>

namespace iopath {

namespace {

// Rows may take this much kernel memory in all.
constexpr std::uint64_t kRowMemory = 192ULL << 20;
constexpr std::uint32_t kFewRows = 512;   // an op, a target, a file system and a device each
constexpr std::uint32_t kManyRows = 8192; // times processes, cgroups or files
constexpr std::uint32_t kLeastRows = 128;
constexpr std::uint32_t kManyFiles = 4096; // 1 KiB each, taken as they come
// A device and an op each; times processes or cgroups.
constexpr std::uint64_t kBlockRowMemory = 48ULL << 20;
constexpr std::uint32_t kFewBlockRows = 128;
constexpr std::uint32_t kManyBlockRows = 2048;
// A row and a process or cgroup each.
constexpr std::uint32_t kFewSubmitters = 1024; // its values on each CPU take 0.5 us each to make
constexpr std::uint32_t kManySubmitters = 4096;
// Devices on one CPU each; on every CPU the vectors, and a queue of each of several devices.
constexpr std::uint32_t kIrqs = 64;
constexpr std::uint32_t kIrqsPerCpu = 24;

bool same_definition(const bpf_map* one, const bpf_map* other)
{
    return bpf_map__type(one) == bpf_map__type(other) &&
           bpf_map__key_size(one) == bpf_map__key_size(other) &&
           bpf_map__value_size(one) == bpf_map__value_size(other);
}

} // namespace

MapSizes suitable_sizes(int cpus, Breakdown by)
{
    const bool by_file = by == Breakdown::file;
    const bool many_scopes = by == Breakdown::process || by == Breakdown::cgroup;
    const auto on = static_cast<std::uint64_t>(std::max(cpus, 1));
    const auto affordable = [on](std::uint64_t memory, std::size_t row, std::uint32_t most) {
        return static_cast<std::uint32_t>(std::min<std::uint64_t>(memory / (row * on), most));
    };
    const auto rows = affordable(kRowMemory, sizeof(iopath_row), kManyRows);
    const auto block = affordable(kBlockRowMemory, sizeof(iopath_block_row), kManyBlockRows);
    return {.rows = std::clamp(many_scopes || by_file ? kManyRows : kFewRows, kLeastRows,
                               std::max(rows, kLeastRows)),
            .block_rows = many_scopes ? std::max(block, kFewBlockRows) : kFewBlockRows,
            .submitters = many_scopes ? kManySubmitters : kFewSubmitters,
            .files = by_file ? kManyFiles : 1,
            .irqs = kIrqs + kIrqsPerCpu * static_cast<std::uint32_t>(on)};
}

Result<std::unique_ptr<SharedMaps>> SharedMaps::make(const ObjectKind& kind, const MapSizes& sizes)
{
    const LibbpfLog log; // nothing of it on our standard error
    auto object = open_object("maps", kind);
    if (!object)
        return Error{"cannot open the BPF maps", "", errno, ""};
    const auto resize = [&](const char* name, std::uint32_t entries) {
        bpf_map__set_max_entries(bpf_object__find_map_by_name(object->handle(), name), entries);
    };
    for (const char* name : {"rows", "row_infos", "row_dictionary"})
        resize(name, sizes.rows);
    for (const char* name : {"block_rows", "block_infos", "block_dictionary"})
        resize(name, sizes.block_rows);
    for (const char* name : {"submitters", "submitter_dictionary", "submitted"})
        resize(name, sizes.submitters);
    resize("files", sizes.files);
    resize("irqs", sizes.irqs);
    const int failed = object->load();
    if (failed == -EPERM) // CAP_BPF has been asked for; what is left is the account, before 5.11
        return Error{"cannot make the BPF maps: this kernel counts them as locked memory", "",
                     -failed,
                     "raise RLIMIT_MEMLOCK: ulimit -l unlimited, in a systemd unit "
                     "LimitMEMLOCK=infinity; or add CAP_SYS_RESOURCE"};
    if (failed != 0)
        return Error{"cannot make the BPF maps", "", -failed, descriptor_hint(-failed)};
    return std::unique_ptr<SharedMaps>(new SharedMaps(std::move(object)));
}

int SharedMaps::fd(std::string_view name) const
{
    const bpf_map* map = bpf_object__find_map_by_name(object_->handle(), std::string(name).c_str());
    return map ? bpf_map__fd(map) : -1;
}

Status SharedMaps::lend_to(bpf_object* object) const
{
    bpf_map* map = nullptr;
    bpf_object__for_each_map(map, object)
    {
        if (bpf_map__is_internal(map))
            continue;
        const bpf_map* ours = bpf_object__find_map_by_name(object_->handle(), bpf_map__name(map));
        if (!ours || !same_definition(ours, map))
            return Error{"BPF map has two definitions", bpf_map__name(map), 0,
                         "rebuild iopath from scratch"};
        if (const int failed = bpf_map__reuse_fd(map, bpf_map__fd(ours)); failed != 0)
            return Error{"cannot share BPF map", bpf_map__name(map), -failed,
                         descriptor_hint(-failed)};
    }
    return {};
}

} // namespace iopath
