// SPDX-License-Identifier: GPL-2.0-only
// Differences of counts that only grow.
#pragma once

#include <cstddef>

namespace iopath {

/// Cumulative counts of one source cannot shrink; if one did, nothing was counted since.
template <typename T>
void take(T& value, const T& earlier)
{
    value = value > earlier ? value - earlier : T{};
}

template <typename Array>
void take_each(Array& values, const Array& earlier)
{
    for (std::size_t i = 0; i < values.size(); ++i)
        take(values.at(i), earlier.at(i));
}

} // namespace iopath
