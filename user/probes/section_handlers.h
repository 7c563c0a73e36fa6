// SPDX-License-Identifier: GPL-2.0-only
// Puts into programs, before they are loaded, what libbpf would look up in all of the kernel's BTF,
// which it reads anew for each object (9 ms): what they attach to, and the kernel's functions and
// structures that they name (bpf/iopath_kernel.h).
#pragma once

#include "base/result.h"
#include "probes/relocation_btf.h"

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

struct bpf_object;

namespace iopath {

/// Handlers of libbpf for the sections of programs, one set at a time: objects must be opened, and
/// closed, while it is there.
class SectionHandlers {
public:
    /// `ids`: with the names below, once programs are loaded; borrowed.
    static Result<std::unique_ptr<SectionHandlers>> make(const RelocationBtf& ids);
    ~SectionHandlers();
    SectionHandlers(const SectionHandlers&) = delete;
    SectionHandlers& operator=(const SectionHandlers&) = delete;

    /// Adds the names of what the programs of an opened object attach to and name.
    static void add_names(const bpf_object* object, std::set<std::string, std::less<>>& names);

private:
    SectionHandlers() = default;

    std::vector<int> registered_;
};

} // namespace iopath
