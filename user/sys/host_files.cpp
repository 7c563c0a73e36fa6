// SPDX-License-Identifier: GPL-2.0-only
#include "sys/host_files.h"

#include "base/fd.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <utility>

namespace iopath {

namespace fs = std::filesystem;

HostFiles::HostFiles(fs::path root) : root_(std::move(root)) {}

fs::path HostFiles::at(std::string_view path) const
{
    // The right side of operator/ would replace the root if it were absolute.
    return root_ / fs::path(path).relative_path();
}

Result<std::string> HostFiles::read(std::string_view path) const
{
    const Fd file(::open(at(path).c_str(), O_RDONLY | O_CLOEXEC));
    if (!file)
        return Error{"cannot open", std::string(path), errno, ""};

    std::string text;
    std::array<char, 16384> chunk{};
    while (true) {
        const ssize_t got = ::read(file.get(), chunk.data(), chunk.size());
        if (got == 0)
            return text;
        if (got > 0)
            text.append(chunk.data(), static_cast<std::size_t>(got));
        else if (errno != EINTR)
            return Error{"cannot read", std::string(path), errno, ""};
    }
}

std::string HostFiles::line(std::string_view path) const
{
    const auto text = read(path);
    return text ? text->substr(0, text->find('\n')) : std::string();
}

bool HostFiles::exists(std::string_view path) const
{
    std::error_code ignored;
    return fs::exists(at(path), ignored);
}

fs::path HostFiles::link(std::string_view path) const
{
    std::error_code ignored;
    return fs::read_symlink(at(path), ignored);
}

std::string HostFiles::resolved_name(std::string_view path) const
{
    std::error_code failed;
    const fs::path resolved = fs::weakly_canonical(at(path), failed);
    return (failed ? fs::path(path) : resolved).filename().string();
}

std::vector<std::string> HostFiles::list(std::string_view directory) const
{
    std::vector<std::string> names;
    std::error_code failed;
    // Entries may go while the walk is under way: increment by hand, as operator++ would throw.
    for (fs::directory_iterator it(at(directory), failed), end; !failed && it != end;
         it.increment(failed))
        names.push_back(it->path().filename().string());
    return names;
}

} // namespace iopath
