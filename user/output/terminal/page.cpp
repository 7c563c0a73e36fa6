// SPDX-License-Identifier: GPL-2.0-only
#include "output/terminal/page.h"

#include <algorithm>
#include <array>

namespace iopath::terminal {

namespace {

struct StageInk {
    Stage stage{};
    Ink ink;
};

/// Of the 256-colour palette. Related stages have related colours: the CPU's own work green,
/// interrupts pink, waiting for a CPU yellow, storage blue, kernel threads violet, being held back
/// red and brown, others teal.
constexpr std::array<StageInk, kStages> kStageInks{{{Stage::cpu, {"38;5;71"}},
                                                    {Stage::hardirq, {"38;5;205"}},
                                                    {Stage::softirq, {"38;5;175"}},
                                                    {Stage::preempted, {"38;5;208"}},
                                                    {Stage::runqueue, {"38;5;220"}},
                                                    {Stage::block_queue, {"38;5;80"}},
                                                    {Stage::device, {"38;5;33"}},
                                                    {Stage::completion, {"38;5;117"}},
                                                    {Stage::helper, {"38;5;141"}},
                                                    {Stage::lock, {"38;5;196"}},
                                                    {Stage::throttle, {"38;5;130"}},
                                                    {Stage::reclaim, {"38;5;124"}},
                                                    {Stage::peer, {"38;5;37"}},
                                                    {Stage::network, {"38;5;62"}},
                                                    {Stage::net_rx, {"38;5;104"}},
                                                    {Stage::timer, {"38;5;248"}},
                                                    {Stage::other, {"38;5;240"}}}};

std::vector<std::string_view> words_of(std::string_view text)
{
    std::vector<std::string_view> words;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        if (end > 0)
            words.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

} // namespace

Ink ink_of(Stage stage)
{
    return kStageInks.at(static_cast<std::size_t>(stage)).ink;
}

Ink ink_of(Severity severity)
{
    switch (severity) {
    case Severity::critical:
        return kBad;
    case Severity::major:
        return kWarn;
    case Severity::minor:
        return {"38;5;220"};
    case Severity::info:
        break;
    }
    return kDim;
}

void Line::put(std::string_view safe, Ink ink)
{
    if (safe.empty())
        return;
    text_.append(blanks_, ' ');
    blanks_ = 0;
    if (style_.colour && !ink.sgr.empty()) {
        text_ += "\x1b[";
        text_ += ink.sgr;
        text_ += 'm';
        text_ += safe;
        text_ += "\x1b[0m";
    } else {
        text_ += safe;
    }
    width_ += display_width(safe);
}

void Line::blanks(std::size_t count)
{
    count = std::min(count, kColumns - width_);
    blanks_ += count;
    width_ += count;
}

Line& Line::add(std::string_view raw, Ink ink)
{
    const std::string safe = safe_text(raw, style_.unicode ? Charset::utf8 : Charset::ascii);
    const std::size_t lead = std::min(safe.find_first_not_of(' '), safe.size());
    blanks(lead);
    std::string rest = truncated(std::string_view{safe}.substr(lead), kColumns - width_,
                                 style_.unicode ? "…" : "~");
    const std::size_t end = rest.find_last_not_of(' ');
    const std::size_t tail = end == std::string::npos ? 0 : rest.size() - end - 1;
    rest.resize(rest.size() - tail);
    put(rest, ink);
    blanks(tail);
    return *this;
}

Line& Line::left(std::string_view raw, std::size_t width, Ink ink)
{
    const std::size_t end = std::min(width_ + width, kColumns);
    const std::string safe = safe_text(raw, style_.unicode ? Charset::utf8 : Charset::ascii);
    put(truncated(safe, end - width_, style_.unicode ? "…" : "~"), ink);
    return to(end);
}

Line& Line::right(std::string_view raw, std::size_t width, Ink ink)
{
    const std::size_t end = std::min(width_ + width, kColumns);
    std::string safe = safe_text(raw, style_.unicode ? Charset::utf8 : Charset::ascii);
    safe = truncated(safe, end - width_, style_.unicode ? "…" : "~");
    to(end - display_width(safe));
    put(safe, ink);
    return *this;
}

Line& Line::to(std::size_t column)
{
    if (column > width_)
        blanks(column - width_);
    return *this;
}

void Page::title(std::string_view text)
{
    blank();
    put(text, kTitle);
}

void Page::paragraph(std::string_view lead, std::string_view raw, Ink ink, Ink lead_ink)
{
    const std::string safe = safe_text(raw, charset());
    Line now = line();
    now.add(lead, lead_ink);
    const std::size_t indent = now.width();
    std::string row;
    const auto flush = [&] {
        put(now.add(row, ink));
        now = line().to(indent);
        row.clear();
    };
    for (const std::string_view word : words_of(safe)) {
        const std::size_t needs = display_width(row) + (row.empty() ? 0 : 1) + display_width(word);
        if (!row.empty() && indent + needs > kColumns)
            flush();
        row += row.empty() ? "" : " ";
        row += word;
    }
    flush();
}

void Page::flow(std::size_t indent, const std::vector<Piece>& pieces)
{
    constexpr std::size_t kGap = 2;
    Line now = line().to(indent);
    bool first = true;
    for (const Piece& piece : pieces) {
        const std::size_t width = display_width(safe_text(piece.text, charset()));
        if (!first && now.width() + kGap + width > kColumns) {
            put(now);
            now = line().to(indent);
            first = true;
        }
        if (!first)
            now.to(now.width() + kGap);
        now.add(piece.text, piece.ink);
        first = false;
    }
    if (!first)
        put(now);
}

} // namespace iopath::terminal
