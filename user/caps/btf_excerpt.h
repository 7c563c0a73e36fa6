// SPDX-License-Identifier: GPL-2.0-only
// A kernel's BTF without the types that programs do not name. libbpf looks at all 126,000 types for
// each one that a program names (1 ms); the excerpt has some hundreds.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace iopath {

using BtfIds = std::map<std::string, std::uint32_t, std::less<>>;

struct BtfExcerpt {
    std::string bytes; ///< with ids of its own
    // Those of these names, and their ids in the whole BTF; of several the first one, as libbpf.
    BtfIds functions; ///< with typedefs
    BtfIds structures;
};

/// Kept are the structures, unions, enumerations and typedefs of these names, with all that lies in
/// them; what they only point to becomes void. Fails on malformed BTF.
Result<BtfExcerpt> excerpt_btf(std::string_view bytes,
                               const std::set<std::string, std::less<>>& names);

} // namespace iopath
