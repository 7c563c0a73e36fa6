// SPDX-License-Identifier: GPL-2.0-only
#include "sys/cgroups.h"

#include "sys/mounts.h"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <iterator>
#include <linux/magic.h>
#include <memory>
#include <optional>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <utility>
#include <vector>

namespace iopath {

namespace fs = std::filesystem;

namespace {

std::string where_v2_is(const HostFiles& files)
{
    const std::string mount = cgroup2_mount(files);
    return mount.empty() ? "cgroup v2 is not mounted here: mount -t cgroup2 none /sys/fs/cgroup"
                         : "iopath needs cgroup v2, mounted at " + mount;
}

/// A directory of cgroup v2, or why it is none.
Result<Fd> open_directory(const HostFiles& files, const fs::path& path)
{
    Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd && errno == ENOTDIR)
        return Error{path.string() + " is not a directory, so no cgroup", "", 0,
                     where_v2_is(files)};
    if (!fd)
        return Error{"cannot open cgroup", path.string(), errno, where_v2_is(files)};

    struct statfs about {};
    if (::fstatfs(fd.get(), &about) != 0)
        return Error{"cannot examine cgroup", path.string(), errno, ""};
    if (about.f_type == CGROUP2_SUPER_MAGIC)
        return fd;
    const bool v1 = about.f_type == CGROUP_SUPER_MAGIC;
    return Error{path.string() + (v1 ? " is a cgroup v1 directory" : " is not a cgroup directory"),
                 "", 0, where_v2_is(files)};
}

/// What the user may have meant, the most literal first.
std::vector<fs::path> candidates(const std::string& path, const fs::path& mount)
{
    std::vector<fs::path> all{path};
    if (!mount.empty())
        all.push_back(mount / fs::path(path).relative_path());
    return all;
}

Result<Cgroup> describe(Fd fd, const fs::path& path, const fs::path& mount)
{
    struct stat about {};
    if (::fstat(fd.get(), &about) != 0)
        return Error{"cannot examine cgroup", path.string(), errno, ""};
    std::error_code failed;
    const fs::path directory = fs::canonical(path, failed);
    if (failed)
        return Error{"cannot resolve cgroup", path.string(), failed.value(), ""};

    const fs::path inside = directory.lexically_relative(mount);
    const bool outside = inside.empty() || *inside.begin() == "..";
    std::string name = inside == "." ? "/" : "/" + inside.string();
    // cgroup2 may be mounted twice; then the directory is the better name.
    return Cgroup{std::move(fd), about.st_ino, outside ? directory.string() : std::move(name),
                  directory.string()};
}

} // namespace

std::string cgroup2_mount(const HostFiles& files)
{
    const auto mounts = read_mounts(files);
    const auto found = std::ranges::find(mounts, "cgroup2", &Mount::type);
    return found == mounts.end() ? "" : found->point;
}

Result<Cgroup> open_cgroup(const HostFiles& files, const std::string& path)
{
    if (path.empty())
        return Error{"the path of a cgroup is empty", "", 0, where_v2_is(files)};

    const std::string mounted = cgroup2_mount(files);
    const fs::path mount = mounted.empty() ? fs::path() : files.at(mounted);
    std::optional<Error> first;
    for (const auto& candidate : candidates(path, mount)) {
        auto fd = open_directory(files, candidate);
        if (fd)
            return describe(std::move(*fd), candidate, mount);
        // What exists and is the wrong thing says more than what does not exist.
        if (!first || (first->error_number == ENOENT && fd.error().error_number != ENOENT))
            first = fd.error();
    }
    if (first->error_number == ENOENT)
        return Error{"there is no cgroup " + path, "", 0, where_v2_is(files)};
    return *first;
}

void CgroupPaths::learn(std::span<const std::uint64_t> ids)
{
    const auto is_new = [this](std::uint64_t id) {
        return !paths_.contains(id) && !unknown_.contains(id);
    };
    if (std::ranges::none_of(ids, is_new))
        return;
    walk();
    std::ranges::copy_if(ids, std::inserter(unknown_, unknown_.end()), is_new);
}

std::string CgroupPaths::path(std::uint64_t id)
{
    learn(std::span(&id, 1));
    const auto found = paths_.find(id);
    return found == paths_.end() ? "" : found->second;
}

void CgroupPaths::walk()
{
    const std::string mount = cgroup2_mount(files_);
    if (mount.empty())
        return;
    const std::string root = files_.at(mount).string();
    struct stat about {};
    if (::stat(root.c_str(), &about) != 0)
        return;
    paths_.insert_or_assign(about.st_ino, "/");
    walk_below(root, "");
}

// By hand, as std::filesystem does not give the inode numbers that readdir has.
void CgroupPaths::walk_below(const std::string& directory, const std::string& path)
{
    const auto close = [](DIR* stream) { ::closedir(stream); };
    const std::unique_ptr<DIR, decltype(close)> stream(::opendir(directory.c_str()), close);
    if (!stream)
        return;
    while (const dirent* entry = ::readdir(stream.get())) {
        const std::string_view name = entry->d_name;
        if (entry->d_type != DT_DIR || name == "." || name == "..")
            continue;
        const std::string below = path + "/" + std::string(name);
        paths_.insert_or_assign(entry->d_ino, below);
        walk_below(directory + "/" + std::string(name), below);
    }
}

} // namespace iopath
