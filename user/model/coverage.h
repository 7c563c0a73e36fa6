// SPDX-License-Identifier: GPL-2.0-only
// What could be observed, and how; what is dark, and why.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace iopath {

struct CoverageLine {
    std::string probe;
    std::string layer;
    std::string how;                     ///< the alternative in use, or "dark"
    std::string reason;                  ///< why dark; empty otherwise
    std::string remedy;                  ///< what would light it; empty where nothing would
    std::string sees{};                  ///< what the probe tells, in a few words
    std::vector<std::string> programs{}; ///< those that do it
    /// Instructions that the verifier walked to accept them; nothing where the kernel does not say.
    std::optional<std::uint64_t> verified{};

    [[nodiscard]] bool dark() const { return how == "dark"; }
};

using Coverage = std::vector<CoverageLine>;

} // namespace iopath
