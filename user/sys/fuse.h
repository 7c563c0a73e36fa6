// SPDX-License-Identifier: GPL-2.0-only
// Who serves FUSE mounts.
#pragma once

#include "model/below.h"
#include "sys/host_files.h"

#include <cstdint>
#include <vector>

namespace iopath {

/// The processes that hold /dev/fuse open for a connection, which has the number of its super
/// block. Not every kernel says whose a descriptor is: else the only holder of the only
/// connection. Empty where it is not known. Looks at every process (some 50 us each).
std::vector<Below> fuse_daemons(const HostFiles& files, std::uint32_t connection);

} // namespace iopath
