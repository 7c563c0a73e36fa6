// SPDX-License-Identifier: GPL-2.0-only
// The machine as a whole.
#pragma once

#include "base/units.h"
#include "model/interval.h"
#include "sys/host_files.h"

#include <cstdint>
#include <string>

namespace iopath {

/// Kernel release, architecture and name from uname(2); CPUs online.
Host read_host(const HostFiles& files);

/// CPUs that may ever be there: the number of values of a per-CPU map. At least 1.
int possible_cpus(const HostFiles& files);

/// The names of an interrupt's handlers, separated by commas; empty where it has none any more.
std::string irq_actions(const HostFiles& files, std::uint32_t irq);

/// Time that the hypervisor gave to others since boot, over all CPUs, from /proc/stat (a resolution
/// of 10 ms); 0 where it is not reported.
Nanoseconds read_steal(const HostFiles& files);

} // namespace iopath
