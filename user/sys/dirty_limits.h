// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "model/limits.h"
#include "sys/host_files.h"

namespace iopath {

/// As they are now: what /proc/vmstat says they come to, and the settings in use.
DirtyLimits read_dirty_limits(const HostFiles& files);

} // namespace iopath
