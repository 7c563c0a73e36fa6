// SPDX-License-Identifier: GPL-2.0-only
// The command that is watched: made early, let go once everything is attached.
#pragma once

#include "base/fd.h"
#include "base/result.h"

#include <csignal>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace iopath {

class Child {
public:
    /// Forks a process that waits before it becomes the command. `mask` is the signal mask the
    /// command gets.
    static Result<Child> prepare(const std::vector<std::string>& command, const sigset_t& mask);
    ~Child();
    Child(Child&& other) noexcept;
    Child& operator=(Child&&) = delete;
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }
    /// Lets it become the command. The error, with errno, is that of exec.
    Status let_go();
    /// Its exit status as a shell counts it (128+signal if killed), once it has ended.
    std::optional<int> poll_ended();
    int wait_ended();
    void send(int signal_number) const;

private:
    Child(pid_t pid, Fd go, Fd error, std::string name);

    pid_t pid_ = -1; ///< -1: ended and reaped, or moved from
    Fd go_;
    Fd error_;
    std::string name_;
    std::optional<int> status_;
};

} // namespace iopath
