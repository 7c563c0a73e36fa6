// SPDX-License-Identifier: GPL-2.0-only
// What libbpf relocates programs with: an excerpt of the kernel's BTF in a file of our own.
#pragma once

#include "base/fd.h"
#include "base/result.h"

#include <filesystem>
#include <set>
#include <string>

namespace iopath {

class RelocationBtf {
public:
    /// `source`: the whole BTF.
    static Result<RelocationBtf> make(std::filesystem::path source);

    /// For objects to be opened with; they read it when they are loaded.
    [[nodiscard]] std::string path() const;
    /// Writes the file anew where a name is not in it yet.
    Status include(const std::set<std::string, std::less<>>& names);

private:
    RelocationBtf(std::filesystem::path source, Fd file);

    std::filesystem::path source_;
    Fd file_;
    std::set<std::string, std::less<>> names_;
};

} // namespace iopath
