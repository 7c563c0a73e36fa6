// SPDX-License-Identifier: GPL-2.0-only
#include "sys/mounts.h"

#include "sys/fuse.h"
#include "sys/parse.h"

#include <algorithm>
#include <set>
#include <utility>

namespace iopath {

namespace {

/// "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue": the number of
/// fields before the hyphen varies.
std::optional<Mount> parse_line(std::string_view line)
{
    // A source may be the empty string, which must stay a field.
    const auto fields = split(line, ' ', false);
    const auto hyphen = std::find(fields.begin(), fields.end(), "-");
    if (hyphen - fields.begin() < 6 || fields.end() - hyphen < 4)
        return std::nullopt;
    const auto dev = DeviceNumber::in(fields[2]);
    if (!dev)
        return std::nullopt;
    return Mount{dev->value(),
                 unescape_octal(fields[4]),
                 unescape_octal(hyphen[1]),
                 unescape_octal(hyphen[2]),
                 std::string(hyphen[3]),
                 unescape_octal(fields[3])};
}

bool is_below(std::string_view path, std::string_view directory)
{
    if (directory == "/")
        return path.starts_with('/');
    return path.starts_with(directory) &&
           (path.size() == directory.size() || path[directory.size()] == '/');
}

std::string option(const Mount& mount, std::string_view key)
{
    for (const auto item : split(mount.options, ',')) {
        if (item.starts_with(key) && item.size() > key.size() && item[key.size()] == '=')
            return unescape_octal(item.substr(key.size() + 1));
    }
    return "";
}

/// Directories of an overlay's layers, the upper one first.
std::vector<std::string> layer_paths(const Mount& overlay)
{
    std::vector<std::string> paths;
    if (std::string upper = option(overlay, "upperdir"); !upper.empty())
        paths.push_back(std::move(upper));
    for (const auto item : split(overlay.options, ',')) {
        // "lowerdir+" is a single one, since 6.8.
        if (item.starts_with("lowerdir+="))
            paths.push_back(unescape_octal(item.substr(std::string_view("lowerdir+=").size())));
        else if (item.starts_with("lowerdir="))
            for (const auto path : split(item.substr(std::string_view("lowerdir=").size()), ':'))
                paths.push_back(unescape_octal(path));
    }
    return paths;
}

/// The kernel's name of the type; after a dot comes what the FUSE daemon calls itself.
std::string_view base_type(std::string_view type)
{
    return type.substr(0, type.find('.'));
}

} // namespace

std::vector<Mount> parse_mountinfo(std::string_view text)
{
    std::vector<Mount> mounts;
    for (const auto line : split(text, '\n')) {
        if (auto mount = parse_line(line))
            mounts.push_back(std::move(*mount));
    }
    return mounts;
}

std::vector<Mount> read_mounts(const HostFiles& files)
{
    const auto text = files.read("/proc/self/mountinfo");
    return text ? parse_mountinfo(*text) : std::vector<Mount>();
}

Mounts::Mounts(HostFiles files, Devices& devices) : files_(std::move(files)), devices_(devices)
{
    refresh();
}

void Mounts::refresh()
{
    table_ = read_mounts(files_);
    for (const auto& mount : table_) {
        if (DeviceNumber::of(mount.dev).major != 0)
            continue;
        const std::string device = mount.type == "overlay" ? device_below(option(mount, "upperdir"))
                                                           : source_device(mount.source);
        anonymous_[mount.dev] = {mount.type, device};
    }
}

std::string Mounts::device_of(std::uint32_t dev, std::string_view fs) const
{
    const auto found = anonymous_.find(dev);
    if (found == anonymous_.end())
        return "";
    if (!fs.empty() && base_type(found->second.type) != base_type(fs))
        return "";
    return found->second.device;
}

std::string Mounts::type_of(std::uint32_t dev) const
{
    const auto found = std::find_if(table_.begin(), table_.end(),
                                    [&](const Mount& mount) { return mount.dev == dev; });
    return found == table_.end() ? "" : found->type;
}

std::string Mounts::path_of(std::uint32_t dev, std::string_view inner) const
{
    for (const Mount& mount : table_) {
        if (mount.dev != dev || !is_below(inner, mount.root))
            continue;
        const std::string_view rest = mount.root == "/" ? inner : inner.substr(mount.root.size());
        return (mount.point == "/" ? "" : mount.point) + std::string(rest);
    }
    return "";
}

std::string Mounts::source_device(const std::string& source) const
{
    if (!source.starts_with("/dev/"))
        return "";
    std::string name = files_.resolved_name(source);
    // A FUSE mount may well say /dev/fuse, and what a container sees of /dev may be stale.
    return devices_.exists(name) ? name : "";
}

/// The mount that a path leads into; null where it is not known.
const Mount* Mounts::mount_below(std::string_view path) const
{
    const Mount* best = nullptr;
    for (const auto& mount : table_) {
        // Of two on the same point, the later one covers the other.
        if (is_below(path, mount.point) &&
            (best == nullptr || mount.point.size() >= best->point.size()))
            best = &mount;
    }
    return best;
}

/// An overlay on an overlay stays unnamed: its source is no device.
std::string Mounts::device_of(const Mount& mount) const
{
    return DeviceNumber::of(mount.dev).major != 0 ? devices_.name(mount.dev)
                                                  : source_device(mount.source);
}

std::string Mounts::device_below(std::string_view path) const
{
    const Mount* mount = mount_below(path);
    return mount ? device_of(*mount) : "";
}

Below Mounts::mount_of(std::string_view path) const
{
    const Mount* mount = mount_below(path);
    return mount ? Below{std::string(base_type(mount->type)), device_of(*mount), 0, ""} : Below{};
}

std::vector<Below> Mounts::layers_of(const Mount& overlay) const
{
    std::vector<Below> layers;
    for (const std::string& path : layer_paths(overlay)) {
        const Below layer = mount_of(path);
        if (!layer.fs.empty() && std::ranges::find(layers, layer) == layers.end())
            layers.push_back(layer);
    }
    return layers;
}

std::vector<Below> Mounts::below(std::uint32_t dev, std::string_view fs) const
{
    if (fs.starts_with("fuse"))
        return fuse_daemons(files_, dev);
    if (fs != "overlay")
        return {};
    const auto mount = std::ranges::find_if(
        table_, [dev](const Mount& one) { return one.dev == dev && one.type == "overlay"; });
    return mount == table_.end() ? std::vector<Below>() : layers_of(*mount);
}

std::string file_systems_on(Devices& devices, const Mounts& mounts, std::string_view disk)
{
    std::set<std::string> types;
    for (const Mount& mount : mounts.table()) {
        const std::string device = file_device(devices, mounts, mount.dev, mount.type);
        if (device == disk || (!device.empty() && devices.whole_disk(device) == disk))
            types.insert(mount.type);
    }
    std::string text;
    for (const std::string& type : types)
        text += (text.empty() ? "" : " ") + type;
    return text;
}

std::string file_device(Devices& devices, const Mounts& mounts, std::uint32_t dev,
                        std::string_view fs)
{
    if (DeviceNumber::of(dev).major != 0)
        return devices.name(dev);
    return mounts.device_of(dev, fs);
}

} // namespace iopath
