// SPDX-License-Identifier: GPL-2.0-only
// What the programs are told before they are loaded.
#pragma once

#include "bpf/iopath.h"
#include "caps/facts.h"
#include "probes/programs.h"
#include "probes/shared_maps.h"

#include <optional>

namespace iopath {

/// Where in the kernel's structures is what the programs look at by its number.
WantedFields fields_of_interest();

/// Fills in which system calls are operations; `only`: all but one op count as unknown calls.
void fill_syscalls(iopath_syscall_pair* table, const std::optional<Op>& only);

iopath_config config_of(const Facts& facts, const WatchOptions& options, const MapSizes& sizes);

} // namespace iopath
