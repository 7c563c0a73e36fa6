// SPDX-License-Identifier: GPL-2.0-only
#include "sys/parse.h"

namespace iopath {

std::vector<std::string_view> split(std::string_view text, char separator, bool skip_empty)
{
    std::vector<std::string_view> parts;
    while (true) {
        const auto end = text.find(separator);
        const auto part = text.substr(0, end);
        if (!part.empty() || !skip_empty)
            parts.push_back(part);
        if (end == std::string_view::npos)
            return parts;
        text.remove_prefix(end + 1);
    }
}

std::string unescape_octal(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); i++) {
        // from_chars would take a sign, which the kernel never writes; three digits are 0..777.
        const auto code = text[i] == '\\' && i + 3 < text.size()
                              ? number_in<unsigned>(text.substr(i + 1, 3), 8)
                              : std::nullopt;
        if (code && *code <= 0xff) {
            out += static_cast<char>(*code);
            i += 3;
        } else {
            out += text[i];
        }
    }
    return out;
}

int cpus_in_list(std::string_view list)
{
    int count = 0;
    for (const auto range : split(list, ',')) {
        const auto dash = range.find('-');
        const auto first = number_in<int>(range.substr(0, dash));
        const auto last =
            dash == std::string_view::npos ? first : number_in<int>(range.substr(dash + 1));
        if (!first || !last || *last < *first)
            return 0;
        count += *last - *first + 1;
    }
    return count;
}

} // namespace iopath
