// SPDX-License-Identifier: GPL-2.0-only
// What programs are relocated with: an excerpt of the kernel's BTF in a file of our own, for
// libbpf, and the ids of what programs attach to and call.
#pragma once

#include "base/fd.h"
#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace iopath {

class RelocationBtf {
public:
    /// `source`: the whole BTF; empty: the kernel's own.
    static Result<RelocationBtf> make(std::filesystem::path source);

    /// For objects to be opened with; they read it when they are loaded.
    [[nodiscard]] std::string path() const;
    /// Writes the file anew where a name is not in it yet.
    Status include(const std::set<std::string, std::less<>>& names);
    /// Of a function or typedef that was included, in the kernel's own BTF; 0 where it has none.
    [[nodiscard]] std::uint32_t id_of(std::string_view name) const;

private:
    RelocationBtf(std::filesystem::path source, Fd file);

    std::filesystem::path source_;
    Fd file_;
    std::set<std::string, std::less<>> names_;
    std::map<std::string, std::uint32_t, std::less<>> ids_;
};

} // namespace iopath
