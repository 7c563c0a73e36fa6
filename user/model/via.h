// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "base/entries.h"
#include "model/counts.h"

#include <vector>

namespace iopath {

/// Adds up by name.
inline void add_via(std::vector<Via>& all, const Via& more)
{
    entry_for(all, Via{more.comm, {}}, [&](const Via& has) {
        return has.comm == more.comm;
    }).time += more.time;
}

} // namespace iopath
