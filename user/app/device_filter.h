// SPDX-License-Identifier: GPL-2.0-only
// What -d means in numbers.
#pragma once

#include "base/result.h"
#include "sys/devices.h"
#include "sys/host_files.h"
#include "sys/mounts.h"

#include <cstdint>
#include <string>
#include <vector>

namespace iopath {

/// The kernel's name of the device that the user means: "vda", "/dev/vda", "/dev/mapper/root". The
/// error names the devices that there are.
Result<std::string> find_device(const HostFiles& files, const std::string& wanted);

/// The disk whose requests are those of a device; 0, all of them, for a device that is made of
/// others: theirs tell what each of its levels costs.
std::uint32_t disk_of_requests(const HostFiles& files, const Devices& devices,
                               const std::string& device);

/// All that operations on a device may be known by: it, its partitions, what is mounted from them.
std::vector<std::uint32_t> numbers_on(Devices& devices, const Mounts& mounts,
                                      const std::string& device);

} // namespace iopath
