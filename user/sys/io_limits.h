// SPDX-License-Identifier: GPL-2.0-only
// Limits of block devices: cgroups of both versions, and those of the devices themselves.
#pragma once

#include "model/limits.h"
#include "sys/devices.h"
#include "sys/host_files.h"

#include <vector>

namespace iopath {

/// All that are set: one walk over the cgroups, about 30 us for each.
std::vector<IoLimit> read_io_limits(const HostFiles& files, Devices& devices);

} // namespace iopath
