// SPDX-License-Identifier: GPL-2.0-only
// Directories that lookups cost time in: slow operations and misses of the dentry cache.
#include "bpf/iopath.h"
#include "collect/call_name.h"
#include "collect/collector.h"
#include "collect/records.h"

#include <algorithm>
#include <map>
#include <utility>

namespace iopath {

namespace {

static_assert(kSlowLookup == Nanoseconds(IOPATH_SLOW_NS));

using Places = std::map<std::pair<std::string, bool>, std::size_t>;

DirectoryLookups& row_of(Counts& counts, Places& places, const std::string& path, bool cut)
{
    const auto [place, is_new] = places.try_emplace({path, cut}, counts.directories.size());
    if (is_new) {
        DirectoryLookups& row = counts.directories.emplace_back();
        row.path = path;
        row.cut = cut;
    }
    return counts.directories[place->second];
}

void add_slow(DirectoryLookups& row, const iopath_lookup_sum& sum)
{
    row.slow += sum.count;
    row.slow_time += Nanoseconds(sum.ns);
    row.slow_device += Nanoseconds(sum.device_ns);
    row.slow_max = std::max(row.slow_max, Nanoseconds(sum.max_ns));
}

/// Of a directory, or of those without room.
template <typename Searched>
void add_misses(DirectoryLookups& row, const Searched& searched)
{
    const iopath_lookup_sum& sum = searched.misses;
    row.misses->add({sum.count, searched.negative, Nanoseconds(sum.ns), Nanoseconds(sum.device_ns),
                     searched.reads, searched.read_bytes});
    row.miss_max = std::max(row.miss_max, Nanoseconds(sum.max_ns));
}

/// "/a/b" of "/a/b/": its last name has been cut off.
std::string directory_in(std::string path)
{
    while (path.size() > 1 && path.back() == '/')
        path.pop_back();
    return path;
}

} // namespace

void Collector::read_directories(Counts& counts)
{
    Places places;
    maps_.each("directories", [&](const void* raw_key, const void* value) {
        const auto* key = static_cast<const iopath_directory_key*>(raw_key);
        const auto* directory = static_cast<const iopath_directory*>(value);
        const std::string inner = path_of(directory->names);
        std::string path;
        if ((directory->names.flags & IOPATH_NAMES_CUT) == 0)
            path = names_.path(key->dev, inner);
        const bool cut = path.empty();
        DirectoryLookups& row = row_of(counts, places, cut ? "..." + inner : path, cut);
        row.fs = fixed_string(directory->fs);
        row.device = names_.device(key->dev, row.fs);
        add_misses(row, *directory);
    });
    maps_.each("slow_directories", [&](const void* raw_key, const void* value) {
        const auto* key = static_cast<const iopath_call_name*>(raw_key);
        const auto* slow = static_cast<const iopath_slow_directory*>(value);
        const CallName name = name_of_call(*key, slow->names);
        if (!name.path)
            return;
        const std::string path = directory_in(*name.path);
        DirectoryLookups& row = row_of(counts, places, path, name.cut);
        add_slow(row, slow->operations);
        if (row.fs.empty() && key->begins_at != 0) {
            row.fs = names_.file_system(key->dev);
            row.device = names_.device(key->dev, row.fs);
        } else if (row.fs.empty() && !name.cut) {
            const Below mount = names_.mount(path);
            row.fs = mount.fs;
            row.device = mount.device;
        }
    });
    const auto* beyond =
        static_cast<const iopath_directories_beyond*>(maps_.read("directories_beyond", 0));
    if (!beyond || beyond->operations.count + beyond->misses.count == 0)
        return;
    DirectoryLookups& row = row_of(counts, places, "", false);
    add_slow(row, beyond->operations);
    add_misses(row, *beyond);
}

} // namespace iopath
