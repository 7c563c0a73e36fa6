// SPDX-License-Identifier: GPL-2.0-only
// A kernel's BTF without the types that programs do not name. libbpf looks at all 126,000 types for
// each one that a program names (1 ms); in the excerpt nearly all are empty and have no name.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace iopath {

struct BtfExcerpt {
    std::string bytes;
    /// Of the functions and typedefs that were named, in the whole BTF.
    std::map<std::string, std::uint32_t, std::less<>> ids;
};

/// BTF in which every type has the id that it has in `bytes`, up to the last one kept. Kept are the
/// structures, unions, enumerations and typedefs of these names, with all that lies in them; what
/// they point to becomes void, as do all others. Fails on malformed BTF.
Result<BtfExcerpt> excerpt_btf(std::string_view bytes,
                               const std::set<std::string, std::less<>>& names);

} // namespace iopath
