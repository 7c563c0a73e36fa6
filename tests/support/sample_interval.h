// SPDX-License-Identifier: GPL-2.0-only
// One fixed watch, rich enough to show every part of a report.
#pragma once

#include "model/facts_view.h"
#include "model/interval.h"

namespace iopath::test {

/// A command that reads, appends with fsync and pipes, on two CPUs with a loaded run queue.
Interval sample_interval();

/// The same watch with all that can go wrong: losses, ledgers out of balance, hostile names.
Interval troubled_interval();

Coverage sample_coverage();
FactsView sample_facts();

} // namespace iopath::test
