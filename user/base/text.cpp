// SPDX-License-Identifier: GPL-2.0-only
#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <fmt/format.h>
#include <iterator>

namespace iopath {

namespace {

struct Range {
    std::uint32_t first;
    std::uint32_t last;
};

/// Code points that hide, reorder or break text, or are none: C1 controls, soft hyphen, Arabic
/// letter mark, Hangul fillers, zero-width and bidi controls, line separators, byte order mark,
/// annotations, tags, and the noncharacters of plane 0.
constexpr std::array<Range, 17> kHidden{{{0x80, 0x9f},
                                         {0xad, 0xad},
                                         {0x34f, 0x34f},
                                         {0x61c, 0x61c},
                                         {0x115f, 0x1160},
                                         {0x17b4, 0x17b5},
                                         {0x180b, 0x180f},
                                         {0x200b, 0x200f},
                                         {0x2028, 0x202e},
                                         {0x2060, 0x206f},
                                         {0x2800, 0x2800},
                                         {0x3164, 0x3164},
                                         {0xfdd0, 0xfdef},
                                         {0xfeff, 0xfeff},
                                         {0xffa0, 0xffa0},
                                         {0xfff0, 0xfffb},
                                         {0xe0000, 0xe0fff}}};

/// The common combining blocks; rarer marks count one column, which can only shorten a line.
constexpr std::array<Range, 12> kCombining{{{0x300, 0x36f},
                                            {0x483, 0x489},
                                            {0x591, 0x5bd},
                                            {0x610, 0x61a},
                                            {0x64b, 0x65f},
                                            {0x93c, 0x93c},
                                            {0x941, 0x948},
                                            {0x1ab0, 0x1aff},
                                            {0x1dc0, 0x1dff},
                                            {0x20d0, 0x20ff},
                                            {0xfe00, 0xfe0f},
                                            {0xfe20, 0xfe2f}}};

/// East Asian Wide and Fullwidth, by block; also emoji.
constexpr std::array<Range, 24> kWide{
    {{0x1100, 0x115f}, {0x231a, 0x231b}, {0x23e9, 0x23ec}, {0x23f0, 0x23f0},  {0x23f3, 0x23f3},
     {0x25fd, 0x25fe}, {0x2614, 0x2615}, {0x2648, 0x2653}, {0x267f, 0x267f},  {0x2693, 0x2693},
     {0x26a1, 0x26a1}, {0x26aa, 0x26ab}, {0x26bd, 0x2705}, {0x270a, 0x270b},  {0x2728, 0x2757},
     {0x2795, 0x27bf}, {0x2b1b, 0x2b55}, {0x2e80, 0xa4cf}, {0xa960, 0xa97c},  {0xac00, 0xd7a3},
     {0xf900, 0xfaff}, {0xfe30, 0xff60}, {0xffe0, 0xffe6}, {0x16fe0, 0x3fffd}}};

template <std::size_t N>
bool in_any(const std::array<Range, N>& ranges, std::uint32_t code)
{
    const auto* after = std::upper_bound(
        ranges.begin(), ranges.end(), code,
        [](std::uint32_t value, const Range& range) { return value < range.first; });
    return after != ranges.begin() && code <= std::prev(after)->last;
}

struct Decoded {
    std::uint32_t code = 0;
    std::size_t length = 0; ///< bytes; 0: no valid UTF-8 here
};

std::uint8_t byte_at(std::string_view text, std::size_t at)
{
    return static_cast<std::uint8_t>(text[at]);
}

/// One code point at `at`: no overlong forms, no surrogates, nothing above U+10FFFF.
Decoded decode(std::string_view text, std::size_t at)
{
    const std::uint8_t lead = byte_at(text, at);
    if (lead < 0x80)
        return {lead, 1};
    std::size_t length = 0;
    if (lead >= 0xc2 && lead <= 0xdf)
        length = 2;
    else if (lead >= 0xe0 && lead <= 0xef)
        length = 3;
    else if (lead >= 0xf0 && lead <= 0xf4)
        length = 4;
    if (length == 0 || at + length > text.size())
        return {};
    std::uint32_t code = lead & (0xffU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        const std::uint8_t next = byte_at(text, at + i);
        if ((next & 0xc0) != 0x80)
            return {};
        code = code << 6 | (next & 0x3fU);
    }
    const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    const bool surrogate = code >= 0xd800 && code <= 0xdfff;
    if (overlong || surrogate || code > 0x10ffff)
        return {};
    return {code, length};
}

void append_control(std::string& out, std::uint8_t byte)
{
    switch (byte) {
    case '\n':
        out += "\\n";
        break;
    case '\t':
        out += "\\t";
        break;
    case '\r':
        out += "\\r";
        break;
    default:
        fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
    }
}

bool is_hidden(std::uint32_t code)
{
    return in_any(kHidden, code) || (code & 0xfffe) == 0xfffe;
}

std::size_t width_of(std::uint32_t code)
{
    if (in_any(kCombining, code))
        return 0;
    return in_any(kWide, code) ? 2 : 1;
}

/// The length in bytes of the longest prefix that is at most `columns` wide.
std::size_t prefix_length(std::string_view safe, std::size_t columns)
{
    std::size_t width = 0;
    std::size_t at = 0;
    while (at < safe.size()) {
        const Decoded next = decode(safe, at);
        width += next.length == 0 ? 1 : width_of(next.code);
        if (width > columns)
            break;
        at += std::max<std::size_t>(next.length, 1);
    }
    return at;
}

} // namespace

std::string safe_text(std::string_view raw, Charset charset)
{
    std::string out;
    out.reserve(raw.size());
    std::size_t at = 0;
    while (at < raw.size()) {
        const Decoded next = decode(raw, at);
        if (next.length == 0 || next.code < 0x20 || next.code == 0x7f)
            append_control(out, byte_at(raw, at));
        else if (is_hidden(next.code) || (charset == Charset::ascii && next.code >= 0x80))
            fmt::format_to(std::back_inserter(out), "\\u{{{:04x}}}", next.code);
        else
            out += raw.substr(at, next.length);
        at += std::max<std::size_t>(next.length, 1);
    }
    return out;
}

bool is_utf8(std::string_view raw)
{
    for (std::size_t at = 0; at < raw.size();) {
        const Decoded next = decode(raw, at);
        if (next.length == 0)
            return false;
        at += next.length;
    }
    return true;
}

std::string as_utf8(std::string_view raw)
{
    return is_utf8(raw) ? std::string{raw} : safe_text(raw);
}

std::size_t display_width(std::string_view safe)
{
    std::size_t width = 0;
    std::size_t at = 0;
    while (at < safe.size()) {
        const Decoded next = decode(safe, at);
        width += next.length == 0 ? 1 : width_of(next.code);
        at += std::max<std::size_t>(next.length, 1);
    }
    return width;
}

std::string truncated(std::string_view safe, std::size_t columns, std::string_view mark)
{
    if (display_width(safe) <= columns)
        return std::string{safe};
    const std::size_t mark_width = display_width(mark);
    if (mark_width > columns)
        return std::string{safe.substr(0, prefix_length(safe, columns))};
    std::string out{safe.substr(0, prefix_length(safe, columns - mark_width))};
    out += mark;
    return out;
}

std::string front_truncated(std::string_view safe, std::size_t columns)
{
    constexpr std::string_view kMark = "...";
    std::size_t width = display_width(safe);
    if (width <= columns)
        return std::string{safe};
    while (!safe.empty() && width + kMark.size() > columns) {
        const Decoded next = decode(safe, 0);
        width -= next.length == 0 ? 1 : width_of(next.code);
        safe.remove_prefix(std::max<std::size_t>(next.length, 1));
    }
    return std::string{kMark} + std::string{safe};
}

} // namespace iopath
