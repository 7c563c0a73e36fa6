// SPDX-License-Identifier: GPL-2.0-only
// What a system call named, put together from what the programs kept of it.
#pragma once

#include "bpf/iopath.h"

#include <optional>
#include <string>

namespace iopath {

struct CallName {
    std::optional<std::string> path; ///< as the process sees it, raw bytes; nothing: unknown
    bool cut = false;                ///< the front of `path` is missing: it begins with "..."
    bool deleted = false;            ///< the file, or the directory that the path begins at
    std::string address;             ///< of connect: "127.0.0.1:80"; empty: none
};

/// `names`: of a descriptor's file, or of the directory that the path begins at.
CallName name_of_call(const iopath_call_name& called, const iopath_names& names);

} // namespace iopath
