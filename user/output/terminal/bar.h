// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "output/terminal/page.h"

#include <cstddef>
#include <vector>

namespace iopath::terminal {

/// `cells` shared out in proportion to `parts`, by largest remainder: the sum is exact, and a part
/// that is not zero may get none.
std::vector<std::size_t> shared_out(const std::vector<double>& parts, std::size_t cells);

/// The stages of a row as a bar over the page's width (with colours), and their shares in words.
void stage_bar(Page& page, const Operation& row, std::size_t indent);

/// Who ended the waits: "waited for jbd2/vda1-8 12.0% (helper), ...".
void waited_for(Page& page, const Operation& row, std::size_t indent);

} // namespace iopath::terminal
