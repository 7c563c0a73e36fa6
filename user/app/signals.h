// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "base/units.h"

#include <csignal>
#include <optional>

namespace iopath {

/// A signal that came, and whether the terminal sent it (then the command has got it, too).
struct Signal {
    int number = 0;
    bool from_terminal = false;
};

/// SIGINT, SIGTERM and SIGCHLD as events to wait for, as long as it lives. SIGPIPE is ignored.
class Signals {
public:
    static Result<Signals> take();
    ~Signals();
    Signals(Signals&& other) noexcept = default;
    Signals& operator=(Signals&&) = delete;
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    /// The mask from before, for processes that we start.
    [[nodiscard]] const sigset_t& outer_mask() const { return outer_; }
    /// Waits for a signal, at most so long; nothing when the time is over.
    std::optional<Signal> wait(std::optional<Nanoseconds> at_most);

private:
    Signals(Fd fd, const sigset_t& outer) : fd_(std::move(fd)), outer_(outer) {}

    Fd fd_;
    sigset_t outer_;
};

} // namespace iopath
