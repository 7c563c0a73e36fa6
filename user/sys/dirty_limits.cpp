// SPDX-License-Identifier: GPL-2.0-only
#include "sys/dirty_limits.h"

#include "sys/parse.h"

#include <string_view>
#include <unistd.h>

namespace iopath {

namespace {

std::uint64_t vmstat_bytes(std::string_view text, std::string_view name)
{
    for (const auto line : split(text, '\n'))
        if (line.starts_with(name) && line.substr(name.size()).starts_with(' '))
            return number_in<std::uint64_t>(line.substr(name.size() + 1)).value_or(0) *
                   static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    return 0;
}

/// One of a pair: the kernel sets the other to 0.
std::string setting_in_use(const HostFiles& files, const std::string& name)
{
    const std::string bytes = files.line("/proc/sys/vm/" + name + "_bytes");
    if (!bytes.empty() && bytes != "0")
        return "vm." + name + "_bytes = " + bytes;
    return "vm." + name + "_ratio = " + files.line("/proc/sys/vm/" + name + "_ratio");
}

} // namespace

DirtyLimits read_dirty_limits(const HostFiles& files)
{
    const auto read = files.read("/proc/vmstat");
    const std::string text = read ? *read : "";
    return {vmstat_bytes(text, "nr_dirty_threshold"),
            vmstat_bytes(text, "nr_dirty_background_threshold"), setting_in_use(files, "dirty"),
            setting_in_use(files, "dirty_background")};
}

} // namespace iopath
