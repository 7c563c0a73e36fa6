// SPDX-License-Identifier: GPL-2.0-only
// What the BPF programs cost: measured by the kernel in short windows (its statistics, left on,
// would cost more than the programs), extended to the whole watch by its own activity.
#pragma once

#include "base/fd.h"
#include "base/units.h"
#include "probes/programs.h"

#include <cstdint>
#include <functional>

namespace iopath {

class CostMeter {
public:
    /// `activity` counts operations and switches so far.
    CostMeter(const Programs& programs, std::function<std::uint64_t()> activity);

    /// Opens a window, if the kernel lets us; closes it. Cheap enough for a few a second.
    void open_window();
    void close_window();
    [[nodiscard]] bool is_open() const { return static_cast<bool>(window_); }

    /// The cost of all programs until now, by what the windows have shown; zero without any.
    [[nodiscard]] Nanoseconds estimate() const;

private:
    [[nodiscard]] std::uint64_t run_ns() const;

    const Programs& programs_;
    std::function<std::uint64_t()> activity_;
    Fd window_;
    std::uint64_t run_at_open_ = 0;
    std::uint64_t activity_at_open_ = 0;
    std::uint64_t run_seen_ = 0;
    std::uint64_t activity_seen_ = 0;
};

} // namespace iopath
