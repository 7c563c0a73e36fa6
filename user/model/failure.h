// SPDX-License-Identifier: GPL-2.0-only
// Operations that failed, by what failed where.
#pragma once

#include "model/words.h"

#include <cstdint>
#include <optional>
#include <string>

namespace iopath {

/// Failures of one process that are alike. Would-block and interrupted calls are none.
struct Failure {
    Op op{};
    Target target{};
    std::string fs;                  ///< empty: unknown, as of all that failed by a path
    std::string device;              ///< likewise
    std::string error;               ///< "ENOENT"
    std::optional<std::string> path; ///< as the process sees it, raw bytes; nothing: unknown
    bool cut = false;                ///< the front of `path` is missing: it begins with "..."
    bool deleted = false;            ///< the file, or the directory that the path begins at
    std::string address;             ///< of connect: "127.0.0.1:80"; empty: none
    int pid = 0;                     ///< of the process; 0: of those that found no place
    std::string comm;
    std::uint64_t count = 0;
    Nanoseconds time{}; ///< of these operations
};

} // namespace iopath
