// SPDX-License-Identifier: GPL-2.0-only
// --fs: a type of file system, and where those of it are.
#pragma once

#include "base/result.h"
#include "sys/mounts.h"

#include <string>
#include <vector>

namespace iopath {

/// Is this a type of file system that the kernel has, or has a module for? The error names those
/// that are mounted from devices, and those that the kernel has besides.
Status check_file_system(const HostFiles& files, const std::string& type,
                         const std::string& release);

/// The devices that file systems of this type are mounted from, all those of btrfs.
std::vector<std::string> devices_with(const HostFiles& files, Devices& devices,
                                      const Mounts& mounts, const std::string& type);

} // namespace iopath
