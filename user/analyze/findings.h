// SPDX-License-Identifier: GPL-2.0-only
// The rules: each looks at an interval and says what it finds, or nothing. One file per rule, one
// line per rule in the table of findings.cpp.
#pragma once

#include "model/report.h"

#include <vector>

namespace iopath {

using Findings = std::vector<Finding>;
using Rule = Findings (*)(const Interval&);

/// The disk itself is the limit; one finding per device, FLUSH requests left out.
Findings device_bound(const Interval& interval);
/// FLUSH requests of sync operations dominate; one finding per device.
Findings flush_bound(const Interval& interval);
/// Requests failed; one finding per device.
Findings io_error(const Interval& interval);
/// Operations wait for commits of a journal or log; one finding per device.
Findings journal_wait(const Interval& interval);
/// A process opens files again and again that are not there; one finding per process.
Findings missing_file(const Interval& interval);
/// Operations look for files whose names are not cached, in huge or deep directories; one finding.
Findings path_lookup(const Interval& interval);
/// Processes wait for locks of a file that others hold; one finding per file.
Findings file_lock_wait(const Interval& interval);
/// Operations wait for kernel locks; one finding per function that asks for one.
Findings lock_contention(const Interval& interval);
/// Reads wait for pages that had been in the page cache, or that nobody read ahead; one finding per
/// device.
Findings cache_miss(const Interval& interval);
/// Writers are held back by dirty page limits; one finding per device.
Findings dirty_throttle(const Interval& interval);
/// Operations reclaim or compact memory themselves.
Findings memory_reclaim(const Interval& interval);
/// Operations wait for a CPU, or lose theirs.
Findings cpu_contention(const Interval& interval);
/// Requests wait in the block layer before the driver gets them; one finding per device.
Findings queue_wait(const Interval& interval);
/// A cgroup's or writeback's limit holds requests back; one finding per device.
Findings io_throttled(const Interval& interval);
/// Writers wait for a slow reader of their pipe.
Findings pipe_full(const Interval& interval);
/// Readers wait for a slow writer of their pipe; only where the scope is a command, elsewhere this
/// is an idle wait.
Findings pipe_empty(const Interval& interval);

/// The findings of all rules, the worst first.
Findings find_all(const Interval& interval);

} // namespace iopath
