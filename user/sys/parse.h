// SPDX-License-Identifier: GPL-2.0-only
// What the kernel's text files have in common.
#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iopath {

/// All of `text` as a number, or nothing.
template <typename Number>
std::optional<Number> number_in(std::string_view text, int base = 10)
{
    Number value{};
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (failed != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

/// The parts between separators; with skip_empty, runs of separators count as one.
std::vector<std::string_view> split(std::string_view text, char separator, bool skip_empty = true);

/// \040 and the like, with which the kernel protects blanks in its tables, undone.
std::string unescape_octal(std::string_view text);

/// The number of CPUs in a list such as "0-3,8"; 0 where it is none.
int cpus_in_list(std::string_view list);

} // namespace iopath
