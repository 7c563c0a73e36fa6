// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

namespace iopath {

/// The first entry for which same(entry) holds, or `fresh` at the end.
template <typename Entry, typename Same>
Entry& entry_for(std::vector<Entry>& all, Entry fresh, Same same)
{
    const auto known = std::find_if(all.begin(), all.end(), same);
    return known != all.end() ? *known : all.emplace_back(std::move(fresh));
}

} // namespace iopath
