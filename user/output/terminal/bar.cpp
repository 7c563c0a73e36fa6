// SPDX-License-Identifier: GPL-2.0-only
#include "output/terminal/bar.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>

namespace iopath::terminal {

namespace {

/// Stages below this are summed up as "rest".
constexpr double kNamedShare = 0.001;
/// Whom a wait was for is named from this share of the row on.
constexpr double kNamedVia = 0.01;
constexpr std::size_t kViaNames = 3;

struct StageShare {
    Stage stage;
    double share;
};

/// Largest first, as the eye wants it; the sum may lie below 1.
std::vector<StageShare> shares_of(const Operation& row)
{
    std::vector<StageShare> shares;
    const double whole = to_seconds(row.latency.sum);
    for (std::size_t i = 0; i < kStages; ++i)
        if (const double time = to_seconds(row.stages.at(i).time); time > 0 && whole > 0)
            shares.push_back({static_cast<Stage>(i), time / whole});
    std::stable_sort(shares.begin(), shares.end(),
                     [](const StageShare& a, const StageShare& b) { return a.share > b.share; });
    return shares;
}

void bar(Page& page, const std::vector<StageShare>& shares, std::size_t indent)
{
    std::vector<double> parts;
    parts.reserve(shares.size());
    for (const StageShare& one : shares)
        parts.push_back(one.share);
    const std::vector<std::size_t> cells = shared_out(parts, kColumns - indent);
    Line line = page.line().to(indent);
    for (std::size_t i = 0; i < shares.size(); ++i) {
        std::string run;
        for (std::size_t cell = 0; cell < cells[i]; ++cell)
            run += page.style().unicode ? "█" : "#";
        line.add(run, ink_of(shares[i].stage));
    }
    page.put(line);
}

void legend(Page& page, const std::vector<StageShare>& shares, std::size_t indent)
{
    std::vector<Piece> pieces;
    double rest = 0;
    for (const StageShare& one : shares) {
        if (one.share >= kNamedShare)
            pieces.push_back({fmt::format("{} {}", name_of(one.stage), human_share(one.share)),
                              ink_of(one.stage)});
        else
            rest += one.share;
    }
    if (rest > 0)
        pieces.push_back({"rest " + human_share(rest), kDim});
    page.flow(indent, pieces);
}

} // namespace

std::vector<std::size_t> shared_out(const std::vector<double>& parts, std::size_t cells)
{
    const double whole = std::accumulate(parts.begin(), parts.end(), 0.0);
    std::vector<std::size_t> out(parts.size());
    if (whole <= 0)
        return out;
    std::vector<std::pair<double, std::size_t>> remainders;
    std::size_t given = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const double exact = parts[i] / whole * static_cast<double>(cells);
        out[i] = static_cast<std::size_t>(std::floor(exact));
        given += out[i];
        remainders.emplace_back(exact - std::floor(exact), i);
    }
    std::stable_sort(remainders.begin(), remainders.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    for (std::size_t i = 0; given < cells; ++i, ++given)
        ++out[remainders[i % remainders.size()].second];
    return out;
}

void stage_bar(Page& page, const Operation& row, std::size_t indent)
{
    const std::vector<StageShare> shares = shares_of(row);
    if (shares.empty())
        return;
    if (page.style().colour)
        bar(page, shares, indent);
    legend(page, shares, indent);
}

void waited_for(Page& page, const Operation& row, std::size_t indent)
{
    struct Name {
        Nanoseconds time;
        std::string comm;
        Stage stage;
    };
    std::vector<Name> names;
    if (row.latency.sum <= Nanoseconds::zero())
        return;
    for (std::size_t i = 0; i < kStages; ++i)
        for (const Via& via : row.stages.at(i).via)
            if (to_seconds(via.time) >= kNamedVia * to_seconds(row.latency.sum))
                names.push_back({via.time, via.comm, static_cast<Stage>(i)});
    std::stable_sort(names.begin(), names.end(),
                     [](const Name& a, const Name& b) { return a.time > b.time; });
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), kViaNames); ++i) {
        const double share = to_seconds(names[i].time) / to_seconds(row.latency.sum);
        text += fmt::format("{}{} {:.0f}% ({})", i == 0 ? "waited for " : ", ", names[i].comm,
                            share * 100, name_of(names[i].stage));
    }
    if (!text.empty())
        page.put(page.line().to(indent).add(text, kDim));
}

} // namespace iopath::terminal
