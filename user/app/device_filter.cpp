// SPDX-License-Identifier: GPL-2.0-only
#include "app/device_filter.h"

#include "analyze/select.h"

#include <fmt/format.h>

namespace iopath {

namespace {

constexpr std::size_t kNamed = 20;

std::string names_of(const std::vector<std::string>& devices)
{
    std::string names;
    for (std::size_t i = 0; i < devices.size() && i < kNamed; ++i)
        names += (i == 0 ? "" : ", ") + devices[i];
    if (devices.size() > kNamed)
        names += fmt::format(" and {} more", devices.size() - kNamed);
    return names.empty() ? "there is none" : "there are " + names;
}

} // namespace

Result<std::string> find_device(const HostFiles& files, const std::string& wanted)
{
    const Devices devices(files);
    if (devices.exists(wanted))
        return wanted;
    const std::string path = wanted.starts_with('/') ? wanted : "/dev/" + wanted;
    if (std::string name = files.resolved_name(path); devices.exists(name))
        return name;
    return Error{"no such block device:", wanted, 0, names_of(devices.all())};
}

std::uint32_t disk_of_requests(const HostFiles& files, const Devices& devices,
                               const std::string& device)
{
    const std::string disk = devices.whole_disk(device);
    if (!files.list("/sys/class/block/" + disk + "/slaves").empty())
        return 0;
    return devices.number(disk).value_or(0);
}

std::vector<std::uint32_t> numbers_on(Devices& devices, const Mounts& mounts,
                                      const std::string& device)
{
    std::vector<std::uint32_t> numbers;
    for (const std::string& name : devices.all())
        if (const auto number = devices.number(name); number && device_matches(name, device))
            numbers.push_back(*number);
    for (const Mount& mount : mounts.table())
        if (device_matches(file_device(devices, mounts, mount.dev, mount.type), device))
            numbers.push_back(mount.dev);
    return numbers;
}

} // namespace iopath
