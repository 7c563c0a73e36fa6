// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "base/fd.h"
#include "base/result.h"

#include <string>
#include <string_view>

namespace iopath {

/// Where a report goes: a file opened before the watch begins, standard output or standard error.
class Sink {
public:
    static Sink standard_output();
    static Sink standard_error();
    /// Opens for writing without touching what is there: a regular file is emptied only when the
    /// first report is written.
    static Result<Sink> file(const std::string& path);

    /// Writes all of it. A reader that went away (EPIPE) is no error.
    Status write(std::string_view text);
    [[nodiscard]] int fd() const { return fd_; }
    [[nodiscard]] bool is_terminal() const;

private:
    Sink(int fd, Fd owned, std::string name);

    int fd_;
    Fd owned_;
    std::string name_;
    bool written_ = false;
};

} // namespace iopath
