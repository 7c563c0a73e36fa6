// SPDX-License-Identifier: GPL-2.0-only
// A directory that plays the root of a host, removed at the end.
#pragma once

#include "sys/host_files.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace iopath {

class FakeTree {
public:
    FakeTree()
    {
        std::string pattern = (std::filesystem::temp_directory_path() / "iopath-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr)
            throw std::runtime_error("mkdtemp failed");
        root_ = pattern;
    }
    FakeTree(const FakeTree&) = delete;
    FakeTree& operator=(const FakeTree&) = delete;
    ~FakeTree()
    {
        std::error_code ignored;
        std::filesystem::remove_all(root_, ignored);
    }

    [[nodiscard]] HostFiles files() const { return HostFiles(root_); }
    [[nodiscard]] std::filesystem::path at(std::string_view path) const { return files().at(path); }

    void file(std::string_view path, std::string_view content = "") const
    {
        std::filesystem::create_directories(at(path).parent_path());
        std::ofstream(at(path), std::ios::binary) << content;
    }

    void directory(std::string_view path) const { std::filesystem::create_directories(at(path)); }

    /// A symbolic link, which may say where nothing is.
    void link(std::string_view path, std::string_view says) const
    {
        std::filesystem::create_directories(at(path).parent_path());
        std::filesystem::create_symlink(says, at(path));
    }

    void remove(std::string_view path) const { std::filesystem::remove_all(at(path)); }

    /// A block device as sysfs shows it; `below` is its directory under /sys/devices.
    void block_device(std::string_view number, std::string_view below) const
    {
        const std::filesystem::path where(below);
        directory("/sys/devices/" + std::string(below));
        link("/sys/dev/block/" + std::string(number), "../../devices/" + std::string(below));
        link("/sys/class/block/" + where.filename().string(),
             "../../devices/" + std::string(below));
        file("/dev/" + where.filename().string());
    }

private:
    std::filesystem::path root_;
};

} // namespace iopath
