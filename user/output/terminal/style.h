// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>

namespace iopath {

/// What the place where the text goes can show; found out by the caller.
struct Style {
    bool colour = false;
    bool unicode = false; ///< UTF-8: block characters, and names as they are
};

/// No line is wider.
inline constexpr std::size_t kColumns = 80;

} // namespace iopath
