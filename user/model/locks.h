// SPDX-License-Identifier: GPL-2.0-only
// Locks of files that one process held while another waited for them.
#pragma once

#include "model/histogram.h"
#include "model/words.h"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace iopath {

enum class FileLockType { posix, flock, ofd, lease };

std::string_view name_of(FileLockType type);

struct FileLockKey {
    std::string device; ///< empty: unknown
    std::uint64_t inode = 0;
    std::uint64_t start = 0;            ///< of the range asked for, in bytes
    std::optional<std::uint64_t> end{}; ///< its last byte; nothing: to the end of the file
    FileLockType type{};
    bool exclusive = false; ///< asked for to write
    int waiter = 0;         ///< process ids
    int holder = 0;         ///< 0: unknown

    auto operator<=>(const FileLockKey&) const = default;
};

struct FileLockWaits {
    FileLockKey key;
    std::string fs;   ///< empty: unknown
    std::string path; ///< empty: unknown
    std::string name; ///< the last part of the path; empty: unknown
    std::string waiter_comm;
    std::string holder_comm; ///< empty: unknown
    std::uint64_t waits = 0; ///< calls that waited for this holder
    Nanoseconds time{};
    Nanoseconds max{};      ///< since attaching
    std::uint64_t open = 0; ///< of the waits: not over yet
    Nanoseconds open_time{};

    void subtract(const FileLockWaits& earlier);
};

/// Kernel locks that operations had to wait for, by who asked for them.
struct KernelLockWaits {
    std::string caller; ///< the kernel's function; its address where names are hidden
    /// As perf lock has it: "mutex", "rwsem:W"; else "folio", "wait", "cluster".
    std::string type;
    Op op{};
    Target target{};
    std::string fs; ///< of the operation's row, as is the device; empty: unknown
    std::string device;
    std::uint64_t waits = 0;
    Nanoseconds time{}; ///< a part of the row's stage lock
    Nanoseconds max{};  ///< since attaching
    // Of a lock that the nodes of a cluster share (ocfs2); else empty.
    std::string lock{};  ///< what it is of: "meta", "rw"; "unknown"
    std::string level{}; ///< "PR": to read, "EX": to write

    [[nodiscard]] bool of_cluster() const { return !lock.empty(); }
};

/// "rwsem:W", "cluster meta:EX".
std::string type_text(const KernelLockWaits& row);
/// "/data/db.lock", else "db.lock", else "inode 12".
std::string file_name(const FileLockWaits& row);
/// "flock, write", "posix, read 0-99".
std::string lock_text(const FileLockKey& key);

} // namespace iopath
