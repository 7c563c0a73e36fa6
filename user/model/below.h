// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

namespace iopath {

/// What a file system hands its operations on to: a layer of an overlay, or the process that serves
/// a FUSE mount.
struct Below {
    std::string fs;
    std::string device; ///< empty where there is none or it is unknown
    int pid = 0;        ///< 0: a file system
    std::string comm;

    bool operator==(const Below&) const = default;
};

} // namespace iopath
