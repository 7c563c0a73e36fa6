// SPDX-License-Identifier: GPL-2.0-only
// Path lookups: of operations, and by directory.
#pragma once

#include "model/histogram.h"

#include <cstdint>
#include <optional>
#include <string>

namespace iopath {

/// Names that the dentry cache did not have, so that the file system was searched for them.
struct NameMisses {
    std::uint64_t count = 0;
    std::uint64_t negative = 0; ///< of these, names that do not exist
    Nanoseconds time{};         ///< of the searches
    Nanoseconds device{};       ///< of that, stage device
    /// From the device meanwhile: requests and bytes of the directory's blocks, and of what the
    /// file system needs to know of a file that it finds; nothing: nobody told us.
    std::optional<std::uint64_t> reads = 0;
    std::optional<std::uint64_t> read_bytes = 0;

    void add(const NameMisses& more);
    void subtract(const NameMisses& earlier);
};

/// Lookups of operations that name their file by a path.
struct Lookups {
    std::uint64_t paths = 0; ///< operations of kSlowLookup or more: their components were counted
    std::uint64_t components = 0;                    ///< of them: names between slashes
    std::optional<NameMisses> misses = NameMisses(); ///< nothing: nobody told us

    /// Components found in the dentry cache; nothing where not both are known of all, or where more
    /// was looked up than the components (symbolic links).
    [[nodiscard]] std::optional<std::uint64_t> hits(std::uint64_t operations) const;
    void add(const Lookups& more);
    void subtract(const Lookups& earlier);
};

/// Lookups in one directory. Operations count under the name that their process used, misses under
/// the one we know: those that agree are one row.
struct DirectoryLookups {
    std::string path;   ///< raw; empty: those for which there was no room
    bool cut = false;   ///< its front is missing: it begins with "..."
    std::string fs;     ///< empty: unknown
    std::string device; ///< likewise
    /// Operations on paths whose last name is in it, which took kSlowLookup or more.
    std::uint64_t slow = 0;
    Nanoseconds slow_time{};
    Nanoseconds slow_device{};                       ///< of that, stage device
    Nanoseconds slow_max{};                          ///< since attaching
    std::optional<NameMisses> misses = NameMisses(); ///< in it; nothing: nobody told us
    Nanoseconds miss_max{};                          ///< since attaching

    /// What it cost, as far as that is known.
    [[nodiscard]] Nanoseconds cost() const;
    void subtract(const DirectoryLookups& earlier);
};

/// The time from which on an operation's path is looked at.
inline constexpr Nanoseconds kSlowLookup = std::chrono::microseconds{20};

} // namespace iopath
