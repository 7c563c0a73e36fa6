// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "model/counts.h"
#include "model/coverage.h"

namespace iopath {

/// Adds what no probe follows yet, io_uring and libaio, with the calls that were seen.
void add_not_followed(Coverage& coverage, const Counts& counts);

} // namespace iopath
