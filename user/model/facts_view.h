// SPDX-License-Identifier: GPL-2.0-only
// What doctor shows of the host: names and values in words, in the order in which to show them.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace iopath {

using FactsView = std::vector<std::pair<std::string, std::string>>;

} // namespace iopath
