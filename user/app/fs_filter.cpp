// SPDX-License-Identifier: GPL-2.0-only
#include "app/fs_filter.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>
#include <sstream>

namespace iopath {

namespace {

/// Of /proc/filesystems: "ext4", or "nodev tmpfs".
std::set<std::string> registered(const HostFiles& files)
{
    std::set<std::string> types;
    auto text = files.read("/proc/filesystems");
    std::istringstream lines(text ? *text : "");
    for (std::string line; std::getline(lines, line);)
        types.insert(line.substr(line.find('\t') + 1));
    types.erase("");
    return types;
}

std::set<std::string> mounted(const HostFiles& files)
{
    std::set<std::string> types;
    for (const Mount& mount : read_mounts(files))
        types.insert(mount.type.substr(0, mount.type.find('.'))); // "fuse.sshfs" is fuse
    return types;
}

/// Is there a module for it, which may be loaded later?
bool has_module(const HostFiles& files, const std::string& type, const std::string& release)
{
    const auto aliases = files.read("/lib/modules/" + release + "/modules.alias");
    if (aliases && aliases->find("alias fs-" + type + " ") != std::string::npos)
        return true;
    const auto modules = files.read("/lib/modules/" + release + "/modules.dep");
    return modules && modules->find("/" + type + ".ko") != std::string::npos;
}

} // namespace

Status check_file_system(const HostFiles& files, const std::string& type,
                         const std::string& release)
{
    const auto known = registered(files);
    // Without the list nothing can be said against it.
    if (known.empty() || known.contains(type) || has_module(files, type, release))
        return {};
    const auto here = mounted(files);
    std::vector<std::string> others;
    std::ranges::set_difference(known, here, std::back_inserter(others));
    return Error{
        "no such type of file system:", type, 0,
        fmt::format("mounted here: {}; the kernel also has {}", fmt::join(here, ", "),
                    others.empty() ? "no other" : fmt::format("{}", fmt::join(others, ", ")))};
}

std::vector<std::string> devices_with(const HostFiles& files, Devices& devices,
                                      const Mounts& mounts, const std::string& type)
{
    std::set<std::string> found;
    for (const Mount& mount : mounts.table())
        if (mount.type == type)
            found.insert(file_device(devices, mounts, mount.dev, mount.type));
    if (type == "btrfs")
        for (const std::string& one : files.list("/sys/fs/btrfs"))
            for (const std::string& device : files.list("/sys/fs/btrfs/" + one + "/devices"))
                found.insert(device);
    found.erase("");
    return {found.begin(), found.end()};
}

} // namespace iopath
