// SPDX-License-Identifier: GPL-2.0-only
// Functions of the kernel by their addresses, from /proc/kallsyms.
#pragma once

#include "sys/host_files.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace iopath {

/// One of the kernel's functions.
struct KernelSymbol {
    std::string name;     ///< without what compilers add: ".constprop.0"
    bool of_lock = false; ///< takes a lock, or waits, for who called it
};

/// The functions that `addresses` lie in; those that none is known of are not there. Reads all of
/// /proc/kallsyms (10 MB, 50 ms): to be asked rarely, and for many at once.
std::map<std::uint64_t, KernelSymbol> kernel_symbols(const HostFiles& files,
                                                     std::vector<std::uint64_t> addresses);

/// Does the kernel tell addresses? Without CAP_SYSLOG, or with kptr_restrict 2, all are 0.
bool shows_kernel_symbols(const HostFiles& files);

} // namespace iopath
