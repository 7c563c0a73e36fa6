// SPDX-License-Identifier: GPL-2.0-only
#include "model/words.h"

#include <algorithm>
#include <iterator>

namespace iopath {

namespace {

template <typename Enum, std::size_t N>
std::optional<Enum> named(const std::array<std::string_view, N>& names, std::string_view word)
{
    const auto found = std::find(names.begin(), names.end(), word);
    if (found == names.end())
        return std::nullopt;
    return static_cast<Enum>(std::distance(names.begin(), found));
}

} // namespace

std::optional<Op> op_named(std::string_view word)
{
    return named<Op>(kOpNames, word);
}

std::optional<Target> target_named(std::string_view word)
{
    return named<Target>(kTargetNames, word);
}

} // namespace iopath
