// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <utility>

namespace iopath {

/// Collects what libbpf says in this thread while it lives; libbpf writes nothing to stderr then.
class LibbpfLog {
public:
    LibbpfLog();
    ~LibbpfLog();
    LibbpfLog(const LibbpfLog&) = delete;
    LibbpfLog& operator=(const LibbpfLog&) = delete;

    [[nodiscard]] const std::string& text() const;
};

/// The program that a failed load names, with the reason in one line; empty where it names none.
std::pair<std::string, std::string> refused_program(const std::string& log);

} // namespace iopath
