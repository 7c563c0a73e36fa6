// SPDX-License-Identifier: GPL-2.0-only
// Names of block devices, from sysfs.
#pragma once

#include "sys/host_files.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace iopath {

/// A dev_t as the kernel has it inside, not as stat() gives it.
struct DeviceNumber {
    std::uint32_t major = 0;
    std::uint32_t minor = 0;

    static constexpr DeviceNumber of(std::uint32_t dev) { return {dev >> 20, dev & 0xfffff}; }
    /// "MAJOR:MINOR"; nothing for any other text.
    static std::optional<DeviceNumber> in(std::string_view text);
    [[nodiscard]] constexpr std::uint32_t value() const { return major << 20 | minor; }
};

class Devices {
public:
    explicit Devices(HostFiles files) : files_(std::move(files)) {}

    /// The name of a kernel dev_t, as in /proc/diskstats ("vda1", "dm-0"); empty where unknown.
    /// Names are kept: what was counted for a device that has gone still has its name.
    std::string name(std::uint32_t dev);

    /// The disk of a partition ("vda1" -> "vda"); other devices are their own.
    [[nodiscard]] std::string whole_disk(std::string_view name) const;

    /// The number of a device, by its name; nothing where there is none.
    [[nodiscard]] std::optional<std::uint32_t> number(std::string_view name) const;

    /// Names of all block devices, partitions among them, in their order.
    [[nodiscard]] std::vector<std::string> all() const;

    /// Is there a block device of this name?
    [[nodiscard]] bool exists(std::string_view name) const;

    /// Asks sysfs again about every device known: a number may have been given to another one. To
    /// be called now and then by what runs for long; a link is read per device (2 us).
    void refresh();

private:
    [[nodiscard]] std::string look_up(std::uint32_t dev) const;

    HostFiles files_;
    std::unordered_map<std::uint32_t, std::string> names_;
};

} // namespace iopath
