// SPDX-License-Identifier: GPL-2.0-only
// Rows of waits for locks that belong to one finding.
#pragma once

#include "base/units.h"

#include <algorithm>
#include <vector>

namespace iopath {

template <typename Row>
using LockRows = std::vector<const Row*>;

template <typename Row>
void longest_first(LockRows<Row>& rows)
{
    std::stable_sort(rows.begin(), rows.end(),
                     [](const Row* a, const Row* b) { return a->time > b->time; });
}

template <typename Row>
Nanoseconds time_of(const LockRows<Row>& rows)
{
    Nanoseconds sum{};
    for (const Row* row : rows)
        sum += row->time;
    return sum;
}

} // namespace iopath
