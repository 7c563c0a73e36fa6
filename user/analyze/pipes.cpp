// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/pipes.h"

#include <algorithm>
#include <fmt/format.h>

namespace iopath {

namespace {

constexpr std::size_t kNames = 3;

} // namespace

std::string other_end(const Load& load)
{
    std::string out;
    for (std::size_t i = 0; i < std::min(load.via.size(), kNames); ++i) {
        const Via& via = load.via[i];
        out += fmt::format("{}{} {}", i == 0 ? "" : ", ", via.comm,
                           human_share(to_seconds(via.time) / to_seconds(load.time)));
    }
    return out;
}

std::string limiting(const Load& load)
{
    return load.via.empty() ? "the other end" : load.via.front().comm;
}

std::vector<std::string> pipe_evidence(const Load& load, std::string_view waiting)
{
    std::vector<std::string> evidence;
    if (!load.via.empty())
        evidence.push_back(fmt::format("the waits were ended by {}", other_end(load)));
    evidence.push_back(
        fmt::format("{} {} in all: {}", waiting, human_duration(load.time), figures(load)));
    if (!load.process.empty())
        evidence.push_back(fmt::format("most of it waits in {}", load.process));
    return evidence;
}

} // namespace iopath
