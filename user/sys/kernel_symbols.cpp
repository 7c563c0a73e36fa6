// SPDX-License-Identifier: GPL-2.0-only
#include "sys/kernel_symbols.h"

#include "sys/parse.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <optional>
#include <string_view>

namespace iopath {

namespace {

/// "ffffffff81000000 T _text" or "ffffffffc0000000 t ext4_sync_file\t[ext4]".
struct Line {
    std::uint64_t address = 0;
    char type = 0;
    std::string_view name;
};

std::optional<Line> parse(std::string_view text)
{
    Line line;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), line.address, 16);
    const auto at = static_cast<std::size_t>(end - text.data());
    if (error != std::errc{} || at + 3 >= text.size())
        return std::nullopt;
    line.type = text[at + 1];
    line.name = text.substr(at + 3);
    line.name = line.name.substr(0, line.name.find('\t'));
    return line;
}

bool is_function(char type)
{
    return type == 't' || type == 'T' || type == 'w' || type == 'W';
}

/// By name: where locks have a section of their own some of their functions are elsewhere.
bool takes_lock(std::string_view name)
{
    constexpr std::array kParts{
        std::string_view{"spin_lock"},         std::string_view{"mutex_lock"},
        std::string_view{"mutex_slow"},        std::string_view{"rwsem_"},
        std::string_view{"_lock_slowpath"},    std::string_view{"percpu_rwsem"},
        std::string_view{"percpu_down"},       std::string_view{"_raw_read_lock"},
        std::string_view{"_raw_write_lock"},   std::string_view{"rtlock"},
        std::string_view{"__traceiter_"},      std::string_view{"bpf_"},
        std::string_view{"rwbase_"},           std::string_view{"folio_lock"},
        std::string_view{"lock_page"},         std::string_view{"folio_wait_"},
        std::string_view{"folio_put_wait"},    std::string_view{"wait_on_page"},
        std::string_view{"filemap_get_folio"}, std::string_view{"pagecache_get_page"},
        std::string_view{"lock_buffer"},       std::string_view{"wait_on_buffer"}};
    constexpr std::array kWhole{std::string_view{"down"},
                                std::string_view{"down_killable"},
                                std::string_view{"__down"},
                                std::string_view{"__down_common"},
                                std::string_view{"down_read"},
                                std::string_view{"down_read_killable"},
                                std::string_view{"down_write"},
                                std::string_view{"down_write_killable"},
                                std::string_view{"down_read_nested"},
                                std::string_view{"down_write_nested"},
                                std::string_view{"__down_read"},
                                std::string_view{"__down_write"}};
    return std::any_of(
               kParts.begin(), kParts.end(),
               [&](std::string_view part) { return name.find(part) != std::string_view::npos; }) ||
           std::find(kWhole.begin(), kWhole.end(), name) != kWhole.end();
}

/// The last function at or before an address.
struct Best {
    std::uint64_t address = 0;
    std::string name;
};

} // namespace

std::map<std::uint64_t, KernelSymbol> kernel_symbols(const HostFiles& files,
                                                     std::vector<std::uint64_t> addresses)
{
    std::sort(addresses.begin(), addresses.end());
    addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
    // Each function goes to the first address behind it only; later ones take over what is nearer.
    std::vector<Best> best(addresses.size());
    std::ifstream table(files.at("/proc/kallsyms"));
    for (std::string text; std::getline(table, text);) {
        const auto line = parse(text);
        if (!line || !is_function(line->type) || line->address == 0)
            continue;
        const auto behind = std::lower_bound(addresses.begin(), addresses.end(), line->address);
        if (behind == addresses.end())
            continue;
        Best& nearest = best[static_cast<std::size_t>(behind - addresses.begin())];
        if (line->address > nearest.address)
            nearest = {line->address, std::string(line->name)};
    }
    std::map<std::uint64_t, KernelSymbol> symbols;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        if (i > 0 && best[i - 1].address > best[i].address)
            best[i] = best[i - 1];
        if (best[i].address == 0)
            continue;
        const std::string name = best[i].name.substr(0, best[i].name.find('.'));
        symbols[addresses[i]] = {name, takes_lock(name)};
    }
    return symbols;
}

bool shows_kernel_symbols(const HostFiles& files)
{
    std::ifstream table(files.at("/proc/kallsyms"));
    std::string text;
    for (int i = 0; i < 100 && std::getline(table, text); ++i)
        if (const auto line = parse(text); line && line->address != 0)
            return true;
    return false;
}

} // namespace iopath
