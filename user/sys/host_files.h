// SPDX-License-Identifier: GPL-2.0-only
// The files by which a kernel speaks of itself: /proc, /sys. Every reader goes through one root, so
// that tests, and containers that have the host's tree elsewhere, give another.
#pragma once

#include "base/result.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace iopath {

class HostFiles {
public:
    explicit HostFiles(std::filesystem::path root = "/");

    /// Where an absolute path of the host is to be found.
    [[nodiscard]] std::filesystem::path at(std::string_view path) const;

    /// The whole file; sizes that stat reports, which /proc does not know, are not trusted.
    [[nodiscard]] Result<std::string> read(std::string_view path) const;

    /// The first line without its end; empty where there is no such file.
    [[nodiscard]] std::string line(std::string_view path) const;

    [[nodiscard]] bool exists(std::string_view path) const;

    /// What a symbolic link says; empty where there is none.
    [[nodiscard]] std::filesystem::path link(std::string_view path) const;

    /// The last component of a path after all links were followed: /dev/mapper/root -> dm-0.
    [[nodiscard]] std::string resolved_name(std::string_view path) const;

    /// Names in a directory, in no order; empty where there is none.
    [[nodiscard]] std::vector<std::string> list(std::string_view directory) const;

private:
    std::filesystem::path root_;
};

} // namespace iopath
