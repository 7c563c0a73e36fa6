// SPDX-License-Identifier: GPL-2.0-only
#include "model/locks.h"

#include "model/take.h"

#include <algorithm>
#include <fmt/format.h>

namespace iopath {

std::string_view name_of(FileLockType type)
{
    switch (type) {
    case FileLockType::posix:
        return "posix";
    case FileLockType::flock:
        return "flock";
    case FileLockType::ofd:
        return "ofd";
    case FileLockType::lease:
        break;
    }
    return "lease";
}

/// What is open includes the time before: the difference takes it away.
void FileLockWaits::subtract(const FileLockWaits& earlier)
{
    take(waits, earlier.waits);
    take(time, earlier.time);
    open_time = std::min(open_time, time);
}

std::string type_text(const KernelLockWaits& row)
{
    if (!row.of_cluster())
        return row.type;
    return fmt::format("{} {}:{}", row.type, row.lock, row.level);
}

std::string file_name(const FileLockWaits& row)
{
    if (!row.path.empty())
        return row.path;
    return row.name.empty() ? fmt::format("inode {}", row.key.inode) : row.name;
}

std::string lock_text(const FileLockKey& key)
{
    std::string text = fmt::format("{}, {}", name_of(key.type), key.exclusive ? "write" : "read");
    if (key.start != 0 || key.end)
        text += key.end ? fmt::format(" {}-{}", key.start, *key.end)
                        : fmt::format(" {}-end", key.start);
    return text;
}

} // namespace iopath
