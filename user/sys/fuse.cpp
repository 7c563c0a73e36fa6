// SPDX-License-Identifier: GPL-2.0-only
#include "sys/fuse.h"

#include "sys/parse.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <string>

namespace iopath {

namespace {

struct Holder {
    int pid = 0;
    std::optional<std::uint32_t> connection; ///< nothing: the kernel does not say
};

std::optional<std::uint32_t> connection_of(const HostFiles& files, const std::string& fdinfo)
{
    constexpr std::string_view kKey = "fuse_connection:";
    const auto text = files.read(fdinfo);
    if (!text)
        return std::nullopt;
    for (const auto line : split(*text, '\n')) {
        if (!line.starts_with(kKey))
            continue;
        const auto digits = line.find_first_of("0123456789");
        return digits == std::string_view::npos ? std::nullopt
                                                : number_in<std::uint32_t>(line.substr(digits));
    }
    return std::nullopt;
}

std::vector<Holder> holders(const HostFiles& files)
{
    std::vector<Holder> found;
    for (const std::string& name : files.list("/proc")) {
        const auto pid = number_in<int>(name);
        if (!pid)
            continue;
        for (const std::string& fd : files.list(fmt::format("/proc/{}/fd", name))) {
            if (files.link(fmt::format("/proc/{}/fd/{}", name, fd)) == "/dev/fuse")
                found.push_back(
                    {*pid, connection_of(files, fmt::format("/proc/{}/fdinfo/{}", name, fd))});
        }
    }
    return found;
}

} // namespace

std::vector<Below> fuse_daemons(const HostFiles& files, std::uint32_t connection)
{
    const auto all = holders(files);
    const bool said =
        std::ranges::any_of(all, [](const Holder& one) { return one.connection.has_value(); });
    std::vector<Below> daemons;
    for (const Holder& one : all) {
        if (said && one.connection != connection)
            continue;
        const Below daemon{"", "", one.pid,
                           files.line("/proc/" + std::to_string(one.pid) + "/comm")};
        if (std::ranges::find(daemons, daemon) == daemons.end())
            daemons.push_back(daemon);
    }
    if (!said && (daemons.size() != 1 || files.list("/sys/fs/fuse/connections").size() != 1))
        return {};
    return daemons;
}

} // namespace iopath
