// SPDX-License-Identifier: GPL-2.0-only
#include "model/levels.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <optional>

namespace iopath {

namespace {

// Deeper than anybody stacks, and an end where names repeat.
constexpr std::size_t kMostLevels = 16;

/// The time of all that comes to a device; nothing where that is not known.
std::optional<Nanoseconds> time_at(const Counts& counts, const std::string& device,
                                   const std::string& op)
{
    std::optional<Nanoseconds> sum;
    for (const HandedOn& handed : counts.handed_on) {
        if (handed.device != device || handed.op != op)
            continue;
        if (handed.from.empty())
            return handed.time;
        sum = sum.value_or(Nanoseconds::zero()) + handed.time;
    }
    return sum;
}

double part_of(Nanoseconds part, Nanoseconds whole)
{
    return whole > Nanoseconds::zero() ? to_seconds(part) / to_seconds(whole) : 0;
}

void add_own(std::vector<Level>& levels, const std::string& device, std::uint64_t count,
             Nanoseconds own)
{
    const auto known = std::ranges::find(levels, device, &Level::device);
    if (known == levels.end()) {
        levels.push_back({device, count, own});
        return;
    }
    known->count += count;
    known->time += own;
}

/// `share`: of what the device does, that part which is for the row above.
void descend(std::vector<Level>& levels, const Counts& counts, const HandedOn& at, double share,
             std::size_t depth)
{
    Nanoseconds below{};
    for (const HandedOn& next : counts.handed_on) {
        if (next.from != at.device || next.op != at.op)
            continue;
        below += next.time;
        if (depth < kMostLevels) {
            const double part =
                share *
                part_of(next.time, time_at(counts, next.device, next.op).value_or(next.time));
            HandedOn scaled = next;
            scaled.time = std::chrono::duration_cast<Nanoseconds>(next.time * share);
            scaled.count =
                static_cast<std::uint64_t>(std::llround(static_cast<double>(next.count) * share));
            descend(levels, counts, scaled, part, depth + 1);
        }
    }
    const auto spent = std::chrono::duration_cast<Nanoseconds>(below * share);
    add_own(levels, at.device, at.count, std::max(at.time - spent, Nanoseconds::zero()));
}

} // namespace

std::vector<Level> levels_of(const Counts& counts, const BlockRequests& row)
{
    std::vector<Level> levels;
    const bool hands_on = std::ranges::any_of(counts.handed_on, [&](const HandedOn& handed) {
        return handed.from == row.device && handed.op == row.op;
    });
    if (!hands_on)
        return levels;
    Nanoseconds all{}; // of other processes, too
    for (const BlockRequests& other : counts.block)
        if (other.device == row.device && other.op == row.op)
            all += other.service.sum;
    const double share =
        part_of(row.service.sum, time_at(counts, row.device, row.op).value_or(all));
    descend(levels, counts, {row.device, "", row.op, row.count, row.service.sum}, share, 0);
    std::ranges::reverse(levels);
    return levels;
}

std::vector<Level> levels_of(const Counts& counts, const std::string& device)
{
    std::vector<Level> levels;
    for (const BlockRequests& row : counts.block)
        if (row.device == device)
            for (const Level& level : levels_of(counts, row))
                add_own(levels, level.device, level.count, level.time);
    return levels;
}

std::string text_of(const std::vector<Level>& levels)
{
    Nanoseconds whole{};
    for (const Level& level : levels)
        whole += level.time;
    std::string text;
    for (const Level& level : levels)
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", level.device,
                            human_share(part_of(level.time, whole)));
    return text;
}

} // namespace iopath
