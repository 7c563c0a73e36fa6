// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

namespace iopath {

/// The name of an errno: "ENOENT"; of one without a name its number, of 0 nothing.
std::string error_name(int number);

} // namespace iopath
