// SPDX-License-Identifier: GPL-2.0-only
// Comparison with files kept in tests/golden.
#pragma once

#include <string>

namespace iopath::test {

/// Empty when `actual` is what tests/golden/`name` holds, else where they differ first. With
/// IOPATH_REFRESH_GOLDEN set in the environment the file is written instead: look at the diff
/// before you commit it.
std::string golden_difference(const std::string& name, const std::string& actual);

} // namespace iopath::test
