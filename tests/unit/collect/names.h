// SPDX-License-Identifier: GPL-2.0-only
// Names as a small machine would give them: one disk, sda with ext4.
#pragma once

#include "collect/collector.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace iopath::test {

inline constexpr std::uint32_t kSda = 8U << 20U;

inline Names names()
{
    Names names;
    names.device = [](std::uint32_t dev, std::string_view) { return dev == kSda ? "sda" : "?"; };
    names.below = [](std::uint32_t dev, std::string_view) {
        return dev == kSda ? std::vector<Below>{{"xfs", "sdb", 0, ""}} : std::vector<Below>();
    };
    names.disk = [](std::uint32_t dev) { return dev == kSda ? "sda" : "?"; };
    names.is_device = [](std::string_view name) { return name == "loop0"; };
    names.file_systems = [](std::string_view disk) { return disk == "sda" ? "ext4" : ""; };
    names.file_system = [](std::uint32_t dev) { return dev == kSda ? "ext4" : ""; };
    names.path = [](std::uint32_t, std::string_view inner) { return "/mnt" + std::string(inner); };
    names.functions = [](const std::vector<std::uint64_t>& addresses) {
        std::map<std::uint64_t, KernelFunction> functions;
        for (const std::uint64_t address : addresses)
            if (address < 0x1000)
                functions[address] = {(address == 5 ? "folio_wait_" : "function_") +
                                          std::to_string(address),
                                      address < 10};
        return functions;
    };
    names.process = [](int pid) { return "comm" + std::to_string(pid); };
    names.irq = [](std::uint32_t irq) { return "irq" + std::to_string(irq); };
    names.cgroup = [](std::uint64_t id) { return "/cgroup" + std::to_string(id); };
    names.syscall = [](int number) { return number == 0 ? "read" : "?"; };
    return names;
}

} // namespace iopath::test
