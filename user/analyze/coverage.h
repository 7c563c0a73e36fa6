// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "model/interval.h"

namespace iopath {

/// Adds io_uring and libaio as a whole: by what they are followed, or that they are not, with the
/// calls that were seen. Of those that are followed no calls are left as not followed.
void add_asynchronous(Coverage& coverage, Counts& counts);

/// Adds what is known of helpers as a whole: nothing, where not all of their waits are seen.
void add_helpers(Coverage& coverage, Counts& counts);

/// Without sched_switch a wait looks like running: what was charged to cpu is moved to other, as
/// nobody can tell.
void disown_unknown_stages(Interval& interval);

/// What of the page cache the probes that are lit cannot tell is no number.
void disown_unknown_pages(Interval& interval);

/// Likewise of the dentry cache.
void disown_unknown_misses(Interval& interval);

} // namespace iopath
