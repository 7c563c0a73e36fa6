// SPDX-License-Identifier: GPL-2.0-only
// What a kernel's BTF tells about its tracepoints, functions and structures, in one pass.
#pragma once

#include "base/result.h"

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace iopath {

struct BtfNames {
    /// For each typedef btf_trace_NAME: the arguments of tp_btf/NAME, without the leading void *.
    std::map<std::string, int, std::less<>> tracepoint_args;
    /// Those of the names asked for that are variables of each CPU.
    std::set<std::string, std::less<>> variables;
    /// Those of the names asked for that are functions, with the number of their arguments.
    std::map<std::string, int, std::less<>> functions;
    /// Those of the fields asked for that there are, as "structure.field", with their offsets.
    std::map<std::string, int, std::less<>> fields;
};

/// Fields to look for, by structure; also those within a structure or union without a name.
using WantedFields = std::map<std::string_view, std::set<std::string_view>>;

/// Scans the BTF of a kernel (not of a module, whose ids continue those of the kernel). `functions`
/// are names to look for.
Result<BtfNames> scan_btf(std::string_view bytes, const std::set<std::string_view>& functions,
                          const WantedFields& fields = {});

} // namespace iopath
