// SPDX-License-Identifier: GPL-2.0-only
// Catch2 2 (Debian 12) and 3 (newer systems) by one name. The build provides main.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#include <string>
namespace Catch::Matchers {
/// The name of version 3.
// NOLINTNEXTLINE(readability-identifier-naming)
inline auto ContainsSubstring(const std::string& part)
{
    return Contains(part);
}
} // namespace Catch::Matchers
#endif
