// SPDX-License-Identifier: GPL-2.0-only
// Maps to counts: the only translator of what the kernel wrote (bpf/iopath.h).
#pragma once

#include "collect/map_reader.h"
#include "model/counts.h"
#include "model/interval.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

struct iopath_file_lock_key;
struct iopath_submitter;

namespace iopath {

/// A function of the kernel.
struct KernelFunction {
    std::string name;
    bool of_lock = false; ///< takes a lock, or waits, for who called it
};

/// Names for numbers that mean something outside the kernel's programs only.
struct Names {
    std::function<std::string(std::uint32_t dev, std::string_view fs)> device; ///< of files
    /// What is below a file system; empty where that is not known, or nothing to know.
    std::function<std::vector<Below>(std::uint32_t dev, std::string_view fs)> below;
    std::function<std::string(std::uint32_t dev)> disk;   ///< of requests
    std::function<bool(std::string_view name)> is_device; ///< of a block device
    /// Types of the file systems on a disk or on its partitions: "ext4", "ext4 xfs".
    std::function<std::string(std::string_view disk)> file_systems;
    /// Type of the file system mounted from a device number.
    std::function<std::string(std::uint32_t dev)> file_system;
    /// Of a path in that file system the one by which we reach it; empty where we do not.
    std::function<std::string(std::uint32_t dev, std::string_view inner)> path;
    /// The file system that a path lies on, as we see it; empty: unknown.
    std::function<Below(std::string_view path)> mount;
    /// Functions of the kernel by addresses in them; empty: names are hidden.
    std::function<std::map<std::uint64_t, KernelFunction>(std::vector<std::uint64_t> addresses)>
        functions;
    std::function<std::string(int pid)> process;       ///< its name; empty: gone
    std::function<std::string(std::uint32_t irq)> irq; ///< its actions
    std::function<std::string(std::uint64_t id)> cgroup;
    std::function<std::string_view(int number)> syscall;
};

/// How many entries of the growing arrays are in use, and by what rows are told apart.
struct CollectExtent {
    std::uint32_t rows = 0;
    std::uint32_t block_rows = 0;
    bool by_process = false;
    bool by_cgroup = false;
    std::uint32_t submitters = 0;
    std::uint64_t now_ns = 0; ///< of CLOCK_MONOTONIC
    bool by_file = false;
};

class Collector {
public:
    Collector(MapReader& maps, Names names);

    /// Everything counted since attaching. `tasks` is the output of the task iterator. While the
    /// programs are attached parts may be a few operations apart; a part never shows more than its
    /// whole.
    [[nodiscard]] Counts counts(const CollectExtent& extent, const std::string& tasks);
    /// Operations that were open when the task iterator ran.
    [[nodiscard]] std::vector<InFlight> in_flight(const std::string& tasks);
    /// Asynchronous requests open at `now_ns` of CLOCK_MONOTONIC; their names are left empty.
    [[nodiscard]] std::vector<InFlight> async_in_flight(std::uint64_t now_ns);
    /// Live processes of the command's scope when the task iterator ran.
    [[nodiscard]] static int live_members(const std::string& tasks);
    /// Operations and switches so far: what the cost of the programs grows with. Cheaper than
    /// counts().
    [[nodiscard]] std::uint64_t activity(const CollectExtent& extent);

private:
    void read_identities(const CollectExtent& extent);
    [[nodiscard]] std::map<std::uint32_t, FileName> file_names();
    void read_rows(Counts& counts);
    void read_below(Counts& counts);
    void read_stage_buckets(Counts& counts);
    void read_vias(Counts& counts);
    void read_tops(Counts& counts, const std::string& tasks);
    void read_failures(Counts& counts);
    void read_directories(Counts& counts);
    void read_block(Counts& counts, const CollectExtent& extent);
    void read_submitters(std::map<std::uint32_t, BlockRequests>& table,
                         const CollectExtent& extent);
    void read_block_errors(Counts& counts, const std::map<std::uint32_t, BlockRequests>& table);
    void read_block_row(BlockRequests& requests, std::uint32_t row, std::uint64_t now_ns);
    [[nodiscard]] Submitter submitter_of(const iopath_submitter& info) const;
    void read_handed_on(Counts& counts);
    void read_nvme(Counts& counts);
    void submitter_into(Submitter& by, std::uint32_t number);
    void read_interrupts(Counts& counts);
    void read_softirqs(Counts& counts);
    void read_commits(Counts& counts);
    void read_helpers(Counts& counts);
    void read_async(Counts& counts);
    void read_file_locks(Counts& counts, const CollectExtent& extent, const std::string& tasks);
    FileLockWaits& lock_waits_of(Counts& counts, const iopath_file_lock_key& lock) const;
    void read_kernel_locks(Counts& counts);
    void read_scheduler(Counts& counts);
    void read_counters(Counts& counts);
    Operation* operation_of(Counts& counts, std::uint32_t row);

    MapReader& maps_;
    Names names_;
    std::map<std::uint32_t, OperationKey> identities_; ///< by row
    std::map<std::uint32_t, std::uint32_t> devs_;      ///< of file systems, by row
    std::map<OperationKey, std::size_t> places_;       ///< in Counts::operations
};

} // namespace iopath
