// SPDX-License-Identifier: GPL-2.0-only
#include "output/terminal/page.h"
#include "output/terminal/terminal.h"

#include <algorithm>
#include <fmt/format.h>

namespace iopath {

namespace terminal {

namespace {

constexpr std::size_t kProbeWidth = 26;
constexpr std::size_t kHowWidth = 12;

std::vector<std::string> layers_of(const Coverage& coverage)
{
    std::vector<std::string> layers;
    for (const CoverageLine& line : coverage)
        if (std::find(layers.begin(), layers.end(), line.layer) == layers.end())
            layers.push_back(line.layer);
    return layers;
}

void probe(Page& page, const CoverageLine& line)
{
    Line row = page.line();
    if (page.style().unicode)
        row.add(line.dark() ? "○ " : "● ", line.dark() ? kWarn : kGood);
    else
        row.add(line.dark() ? "- " : "+ ", line.dark() ? kWarn : kGood);
    row.left(line.probe, kProbeWidth).to(kProbeWidth + 3);
    row.left(line.how, kHowWidth, line.dark() ? kWarn : kGood);
    if (!line.sees.empty())
        row.add(" " + line.sees, kDim);
    page.put(row);
    if (!line.reason.empty())
        page.paragraph("    why:    ", line.reason, kPlain, kDim);
    if (!line.remedy.empty())
        page.paragraph("    remedy: ", line.remedy, kPlain, kDim);
}

void layer(Page& page, const Coverage& coverage, const std::string& name)
{
    const auto ours = [&](const CoverageLine& line) { return line.layer == name; };
    const auto all = std::count_if(coverage.begin(), coverage.end(), ours);
    const auto lit = std::count_if(coverage.begin(), coverage.end(), [&](const CoverageLine& line) {
        return ours(line) && !line.dark();
    });
    page.blank();
    page.put(page.line().add(name, kTitle).add(fmt::format("  {} of {} lit", lit, all), kDim));
    for (const CoverageLine& line : coverage)
        if (ours(line))
            probe(page, line);
}

void fact_list(Page& page, const FactsView& facts)
{
    if (facts.empty())
        return;
    std::size_t width = 0;
    for (const auto& [name, value] : facts)
        width = std::max(width, display_width(safe_text(name, page.charset())));
    width = std::min(width, kColumns / 3);
    page.title("Facts");
    for (const auto& [name, value] : facts) {
        const std::string safe = truncated(safe_text(name, page.charset()), width);
        const std::string lead = "  " + safe + std::string(width - display_width(safe) + 2, ' ');
        page.paragraph(lead, value.empty() ? "-" : value, kPlain, kDim);
    }
}

void verdict(Page& page, const Coverage& coverage)
{
    const auto dark = std::count_if(coverage.begin(), coverage.end(),
                                    [](const CoverageLine& line) { return line.dark(); });
    const auto all = static_cast<std::ptrdiff_t>(coverage.size());
    page.blank();
    if (dark == all)
        page.put("no probe is lit: nothing can be observed here", kBad);
    else if (dark == 0)
        page.put(fmt::format("all {} probes lit", all), kGood);
    else
        page.put(fmt::format("{} of {} probes lit, {} dark", all - dark, all, dark), kWarn);
}

} // namespace

} // namespace terminal

std::string render_doctor(const Host& host, const Coverage& coverage, const FactsView& facts,
                          const Style& style)
{
    terminal::Page page{style};
    page.put(page.line()
                 .add("iopath doctor  ", terminal::kTitle)
                 .add(fmt::format("{}  Linux {}  {}  {} CPU{}", host.hostname, host.kernel,
                                  host.arch, host.cpus, host.cpus == 1 ? "" : "s"),
                      terminal::kBold));
    for (const std::string& layer : terminal::layers_of(coverage))
        terminal::layer(page, coverage, layer);
    terminal::fact_list(page, facts);
    terminal::verdict(page, coverage);
    return page.text();
}

} // namespace iopath
