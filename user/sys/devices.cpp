// SPDX-License-Identifier: GPL-2.0-only
#include "sys/devices.h"

#include "sys/parse.h"

#include <algorithm>
#include <utility>

namespace iopath {

namespace {

/// sysfs cannot have a slash in a name and writes cciss!c0d0 for cciss/c0d0.
std::string class_path(std::string_view name)
{
    std::string path = "/sys/class/block/";
    path += name;
    std::replace(path.begin() + sizeof("/sys/class/block"), path.end(), '/', '!');
    return path;
}

std::string device_name(std::string sysfs_name)
{
    std::replace(sysfs_name.begin(), sysfs_name.end(), '!', '/');
    return sysfs_name;
}

} // namespace

std::optional<DeviceNumber> DeviceNumber::in(std::string_view text)
{
    const auto colon = text.find(':');
    if (colon == std::string_view::npos)
        return std::nullopt;
    const auto major = number_in<std::uint32_t>(text.substr(0, colon));
    const auto minor = number_in<std::uint32_t>(text.substr(colon + 1));
    if (!major || !minor)
        return std::nullopt;
    return DeviceNumber{*major, *minor};
}

std::string Devices::look_up(std::uint32_t dev) const
{
    const auto number = DeviceNumber::of(dev);
    const auto link = files_.link("/sys/dev/block/" + std::to_string(number.major) + ":" +
                                  std::to_string(number.minor));
    return device_name(link.filename().string());
}

std::string Devices::name(std::uint32_t dev)
{
    if (const auto known = names_.find(dev); known != names_.end())
        return known->second;
    std::string name = look_up(dev);
    // Not found may become found: udev and sysfs are later than the first request.
    if (!name.empty())
        names_.emplace(dev, name);
    return name;
}

std::string Devices::whole_disk(std::string_view name) const
{
    const std::string path = class_path(name);
    if (!files_.exists(path + "/partition"))
        return std::string(name);
    // The directory of a partition lies in that of its disk.
    const auto disk = files_.link(path).parent_path().filename().string();
    return disk.empty() ? std::string(name) : device_name(disk);
}

bool Devices::exists(std::string_view name) const
{
    return !name.empty() && files_.exists(class_path(name));
}

std::optional<std::uint32_t> Devices::number(std::string_view name) const
{
    if (name.empty())
        return std::nullopt;
    const auto number = DeviceNumber::in(files_.line(class_path(name) + "/dev"));
    return number ? std::optional(number->value()) : std::nullopt;
}

std::vector<std::string> Devices::all() const
{
    std::vector<std::string> names = files_.list("/sys/class/block");
    for (std::string& name : names)
        name = device_name(std::move(name));
    std::sort(names.begin(), names.end());
    return names;
}

void Devices::refresh()
{
    for (auto& [dev, name] : names_) {
        if (auto now = look_up(dev); !now.empty())
            name = std::move(now);
    }
}

} // namespace iopath
