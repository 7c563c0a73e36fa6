// SPDX-License-Identifier: GPL-2.0-only
// What programs are relocated with: an excerpt of the kernel's BTF in a file of our own, for
// libbpf, and the ids of what programs attach to and name.
#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "caps/btf_excerpt.h"

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>

namespace iopath {

/// The kernel's name of a type, of which programs have a variant for some kernels: libbpf's
/// "name___variant".
constexpr std::string_view kernel_name(std::string_view type)
{
    return type.substr(0, type.find("___"));
}

class RelocationBtf {
public:
    /// `source`: the whole BTF; empty: the kernel's own.
    static Result<RelocationBtf> make(std::filesystem::path source);

    /// For objects to be opened with; they read it when they are loaded.
    [[nodiscard]] std::string path() const;
    /// Writes the file anew where a name is not in it yet.
    Status include(const std::set<std::string, std::less<>>& names);
    // Ids of what was included, in the kernel's own BTF; 0 where it has none.
    /// Of a function, or a typedef of one.
    [[nodiscard]] std::uint32_t function(std::string_view name) const;
    [[nodiscard]] std::uint32_t structure(std::string_view name) const;

private:
    RelocationBtf(std::filesystem::path source, Fd file);

    std::filesystem::path source_;
    Fd file_;
    std::set<std::string, std::less<>> names_;
    BtfIds functions_;
    BtfIds structures_;
};

} // namespace iopath
