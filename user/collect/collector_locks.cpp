// SPDX-License-Identifier: GPL-2.0-only
// Waits for locks of files: those that are over, and those still open.
#include "base/entries.h"
#include "bpf/iopath.h"
#include "collect/collector.h"
#include "collect/records.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

namespace iopath {

namespace {

FileLockKey key_of(const iopath_file_lock_key& key)
{
    FileLockKey out;
    out.inode = key.inode;
    out.start = key.start;
    if (key.end < IOPATH_LOCK_END)
        out.end = key.end;
    out.type = static_cast<FileLockType>(std::min<int>(key.type, IOPATH_LOCK_TYPES - 1));
    out.exclusive = key.exclusive != 0;
    out.waiter = static_cast<int>(key.waiter);
    out.holder = static_cast<int>(key.holder);
    return out;
}

struct LockedFile {
    std::string path; ///< both are empty where it has none
    std::string name;
};

LockedFile read_file(const iopath_names& names)
{
    if (names.bytes == 0)
        return {};
    const bool cut = (names.flags & IOPATH_NAMES_CUT) != 0;
    return {(cut ? "..." : "") + path_of(names), fixed_string(names.text)};
}

std::map<std::pair<std::uint32_t, std::uint64_t>, LockedFile> read_files(MapReader& maps)
{
    std::map<std::pair<std::uint32_t, std::uint64_t>, LockedFile> files;
    maps.each("locked_files", [&](const void* key, const void* value) {
        const auto* file = static_cast<const iopath_locked_file_key*>(key);
        files[{file->dev, file->inode}] =
            read_file(static_cast<const iopath_locked_file*>(value)->names);
    });
    return files;
}

/// Threads in an operation; nothing where tasks cannot be walked.
std::set<std::uint32_t> threads_at_work(const std::string& tasks)
{
    std::set<std::uint32_t> threads;
    each_record(tasks, [&](const iopath_task_record& record) {
        if (record.kind == IOPATH_TASK_OPEN)
            threads.insert(record.pid);
    });
    return threads;
}

} // namespace

FileLockWaits& Collector::lock_waits_of(Counts& counts, const iopath_file_lock_key& lock) const
{
    FileLockWaits fresh;
    fresh.key = key_of(lock);
    fresh.fs = names_.file_system(lock.dev);
    fresh.key.device = names_.device(lock.dev, fresh.fs);
    return entry_for(counts.file_locks, fresh,
                     [&](const FileLockWaits& row) { return row.key == fresh.key; });
}

void Collector::read_file_locks(Counts& counts, const CollectExtent& extent,
                                const std::string& tasks)
{
    auto files = read_files(maps_);
    const auto name = [&](FileLockWaits& row, const iopath_file_lock_key& lock) {
        const LockedFile& file = files[{lock.dev, lock.inode}];
        row.name = file.name;
        row.path = file.path;
        if (row.holder_comm.empty() && row.key.holder != 0) // not seen at work
            row.holder_comm = names_.process(row.key.holder);
    };
    maps_.each("file_locks", [&](const void* key, const void* value) {
        const auto& lock = *static_cast<const iopath_file_lock_key*>(key);
        const auto& part = *static_cast<const iopath_file_lock*>(value);
        FileLockWaits& row = lock_waits_of(counts, lock);
        row.waits += part.waits;
        row.time += Nanoseconds(part.ns);
        row.max = std::max(row.max, Nanoseconds(part.max_ns));
        row.waiter_comm = fixed_string(part.waiter);
        row.holder_comm = fixed_string(part.holder);
        name(row, lock);
    });
    const auto at_work = threads_at_work(tasks);
    maps_.each("lock_waits", [&](const void* key, const void* value) {
        std::uint32_t thread = 0;
        std::memcpy(&thread, key, sizeof(thread));
        const auto& wait = *static_cast<const iopath_lock_wait*>(value);
        if (!at_work.contains(thread) || wait.begin > extent.now_ns)
            return;
        FileLockWaits& row = lock_waits_of(counts, wait.key);
        name(row, wait.key);
        const Nanoseconds time(extent.now_ns - wait.begin);
        row.waits++;
        row.open++;
        row.time += time;
        row.open_time += time;
        row.max = std::max(row.max, time);
        row.waiter_comm = fixed_string(wait.comm);
    });
}

} // namespace iopath
