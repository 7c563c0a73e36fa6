// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "model/interval.h"

namespace iopath {

/// Adds what no probe follows yet, io_uring and libaio, with the calls that were seen.
void add_not_followed(Coverage& coverage, const Counts& counts);

/// Without sched_switch a wait looks like running: what was charged to cpu is moved to other, as
/// nobody can tell.
void disown_unknown_stages(Interval& interval);

} // namespace iopath
