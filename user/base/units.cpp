// SPDX-License-Identifier: GPL-2.0-only
#include "base/units.h"

#include <array>
#include <cmath>
#include <fmt/format.h>
#include <iterator>

namespace iopath {

namespace {

/// Three significant digits. 9.995 rounds up to "10.0", not to "10.00": the limits are those of
/// rounding, not of the value.
std::string three_digits(double value)
{
    if (value < 9.995)
        return fmt::format("{:.2f}", value);
    if (value < 99.95)
        return fmt::format("{:.1f}", value);
    return fmt::format("{:.0f}", value);
}

struct Unit {
    double size;
    const char* name;
};

} // namespace

std::string human_duration(Nanoseconds value)
{
    if (value < Nanoseconds::zero())
        return "-" + human_duration(-value);
    constexpr std::array<Unit, 3> kUnits{{{1e3, "us"}, {1e6, "ms"}, {1e9, "s"}}};
    const auto count = static_cast<double>(value.count());
    if (count < 1e3)
        return fmt::format("{}ns", value.count());
    for (const Unit& unit : kUnits) {
        const double scaled = count / unit.size;
        if (scaled < 999.5 || unit.size == 1e9)
            return three_digits(scaled) + unit.name;
    }
    return {};
}

std::string human_bytes(double bytes)
{
    constexpr std::array kUnits{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1023.5)
        return fmt::format("{:.0f}B", bytes);
    double scaled = bytes / 1024;
    const char* name = kUnits.front();
    for (const char* unit : kUnits) {
        name = unit;
        if (scaled < 1023.95 || unit == kUnits.back())
            break;
        scaled /= 1024;
    }
    return fmt::format("{:.1f}{}", scaled, name);
}

std::string human_count(double count)
{
    constexpr std::array<Unit, 4> kUnits{{{1e3, "k"}, {1e6, "M"}, {1e9, "G"}, {1e12, "T"}}};
    if (count < 999.5)
        return fmt::format("{:.0f}", count);
    for (const Unit& unit : kUnits) {
        const double scaled = count / unit.size;
        if (scaled < 999.5 || unit.size == 1e12)
            return three_digits(scaled) + unit.name;
    }
    return {};
}

std::string grouped_count(std::uint64_t count)
{
    std::string out = std::to_string(count);
    for (std::size_t at = out.size(); at > 3;) {
        at -= 3;
        out.insert(at, ",");
    }
    return out;
}

std::string human_share(double share)
{
    if (share > 0 && share < 0.0005)
        return "<0.1%";
    return fmt::format("{:.1f}%", share * 100);
}

} // namespace iopath
