// SPDX-License-Identifier: GPL-2.0-only
// Contended kernel locks, by the function that asked for them.
#include "base/entries.h"
#include "bpf/iopath.h"
#include "collect/collector.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <tuple>

namespace iopath {

namespace {

// LCB_F_* of include/trace/events/lock.h.
constexpr std::uint32_t kSpin = 1;
constexpr std::uint32_t kRead = 2;
constexpr std::uint32_t kWrite = 4;
constexpr std::uint32_t kRealTime = 8;
constexpr std::uint32_t kPerCpu = 16;
constexpr std::uint32_t kMutex = 32;

/// In the words of perf lock contention.
std::string type_of(std::uint32_t flags)
{
    std::string_view side;
    if ((flags & (kRead | kWrite)) != 0)
        side = (flags & kRead) != 0 ? ":R" : ":W";
    std::string_view name = side.empty() ? "semaphore" : "rwsem";
    if ((flags & kMutex) != 0)
        name = "mutex";
    else if ((flags & kRealTime) != 0)
        name = "rt-mutex";
    else if ((flags & kPerCpu) != 0)
        name = "pcpu-sem";
    else if ((flags & kSpin) != 0)
        name = side.empty() ? "spinlock" : "rwlock";
    return fmt::format("{}{}", name, side);
}

/// Of ocfs2's locks, by its enum ocfs2_lock_type; the same since 2.6.29, but for what came behind.
std::string cluster_lock(std::uint32_t flags)
{
    constexpr std::array kTypes{"unknown",  "meta",        "data",     "super",  "rename",
                                "rw",       "dentry",      "open",     "flock",  "qinfo",
                                "nfs_sync", "orphan_scan", "refcount", "trim_fs"};
    const std::size_t type = IOPATH_CLUSTER_TYPE(flags);
    return type < kTypes.size() ? kTypes.at(type) : fmt::format("type {}", type - 1);
}

/// In the words of the DLM.
std::string cluster_level(std::uint32_t flags)
{
    constexpr std::array kLevels{"NL", "CR", "CW", "PR", "PW", "EX"};
    const std::size_t level = IOPATH_CLUSTER_LEVEL(flags);
    return level < kLevels.size() ? kLevels.at(level) : fmt::format("level {}", level);
}

using Functions = std::map<std::uint64_t, KernelFunction>;

/// How a lock is asked for.
struct Way {
    std::string caller = "unknown"; ///< the first function that is none of a lock's own
    bool to_folio = false;          ///< by functions for folios, pages before 5.16
};

Way way_to(const iopath_kernel_lock& lock, const Functions& functions)
{
    Way way;
    for (const std::uint64_t address : lock.callers) {
        if (address == 0)
            break;
        const auto known = functions.find(address);
        if (known == functions.end()) {
            way.caller = fmt::format("{:#x}", address);
            break;
        }
        way.caller = known->second.name;
        if (!known->second.of_lock)
            break;
        way.to_folio = way.to_folio || way.caller.find("folio") != std::string::npos ||
                       way.caller.find("page") != std::string::npos;
    }
    return way;
}

} // namespace

void Collector::read_kernel_locks(Counts& counts)
{
    std::vector<iopath_kernel_lock> locks;
    std::vector<std::uint64_t> addresses;
    maps_.each("kernel_locks", [&](const void*, const void* value) {
        const auto& lock = *static_cast<const iopath_kernel_lock*>(value);
        if (lock.waits == 0)
            return;
        locks.push_back(lock);
        std::copy_if(std::begin(lock.callers), std::end(lock.callers),
                     std::back_inserter(addresses), [](iop_u64 address) { return address != 0; });
    });
    if (locks.empty())
        return;
    const Functions functions = names_.functions(addresses);
    for (const iopath_kernel_lock& lock : locks) {
        KernelLockWaits fresh;
        const Way way = way_to(lock, functions);
        fresh.caller = way.caller;
        if ((lock.flags & IOPATH_LOCK_CLUSTER) != 0) {
            fresh.type = "cluster";
            fresh.lock = cluster_lock(lock.flags);
            fresh.level = cluster_level(lock.flags);
        } else if ((lock.flags & IOPATH_LOCK_SLEEP) == 0) {
            fresh.type = type_of(lock.flags);
        } else {
            fresh.type = way.to_folio ? "folio" : "wait";
        }
        const auto identity = identities_.find(lock.row);
        if (identity != identities_.end()) {
            fresh.op = identity->second.op;
            fresh.target = identity->second.target;
            fresh.fs = identity->second.fs;
            fresh.device = identity->second.device;
        } else {
            fresh.op = Op::open; // the one whose row is known at its end only
            fresh.target = Target::file;
        }
        if (fresh.of_cluster() && fresh.fs.empty())
            fresh.fs = "ocfs2"; // of what named its file by a path
        const auto key = [](const KernelLockWaits& row) {
            return std::tie(row.caller, row.type, row.lock, row.level, row.op, row.target, row.fs,
                            row.device);
        };
        KernelLockWaits& row =
            entry_for(counts.kernel_locks, fresh,
                      [&](const KernelLockWaits& known) { return key(known) == key(fresh); });
        row.waits += lock.waits;
        row.time += Nanoseconds(lock.ns);
        row.max = std::max(row.max, Nanoseconds(lock.max_ns));
    }
}

} // namespace iopath
