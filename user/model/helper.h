// SPDX-License-Identifier: GPL-2.0-only
// Kernel threads: what they did, and for whom.
#pragma once

#include "model/histogram.h"
#include "model/words.h"

#include <array>
#include <string>

namespace iopath {

/// Kernel threads of one name. All of their time is work but that in which they waited for some.
/// Work is one of four: for operations, for other helpers, for requests, or in the background.
struct Helper {
    std::string comm;    ///< as in Via
    std::string work;    ///< of workers of work queues: the queue, or what the work calls itself
    bool serves = false; ///< they hand on or carry out requests: part of the time of those
    std::string device;  ///< with that, of this block device; empty: of any
    std::array<Nanoseconds, kStages> stages{};
    Nanoseconds by_operations{}; ///< operations waited; counted as a wait ends: a bit later than
                                 ///< the work
    Nanoseconds by_any{};        ///< operations or other kernel threads did

    /// All of its work.
    [[nodiscard]] Nanoseconds time() const;
    /// While operations waited for it.
    [[nodiscard]] Nanoseconds waited_for() const;
    /// While only other helpers did.
    [[nodiscard]] Nanoseconds for_helpers() const;
    /// For requests, as far as it is none of those; who waited for them had it as stage device or
    /// block_queue.
    [[nodiscard]] Nanoseconds for_requests() const;
    /// While nobody did.
    [[nodiscard]] Nanoseconds background() const;

    void add(const Helper& more);
    void subtract(const Helper& earlier);

private:
    [[nodiscard]] Nanoseconds rest() const;
};

} // namespace iopath
