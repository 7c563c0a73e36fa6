// SPDX-License-Identifier: GPL-2.0-only
#include "app/sink.h"

#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace iopath {

Sink::Sink(int fd, Fd owned, std::string name)
    : fd_(fd), owned_(std::move(owned)), name_(std::move(name))
{
}

Sink Sink::standard_output()
{
    return {STDOUT_FILENO, Fd{}, "standard output"};
}

Sink Sink::standard_error()
{
    return {STDERR_FILENO, Fd{}, "standard error"};
}

Result<Sink> Sink::file(const std::string& path)
{
    constexpr mode_t kMode = 0666; // less the umask
    Fd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, kMode));
    if (!fd)
        return Error{"cannot write the report to", path, errno, "choose another --output"};
    const int number = fd.get();
    return Sink(number, std::move(fd), path);
}

Status Sink::write(std::string_view text)
{
    struct stat about = {};
    if (!written_ && owned_ && fstat(fd_, &about) == 0 && S_ISREG(about.st_mode) &&
        ftruncate(fd_, 0) != 0)
        return Error{"cannot write the report to", name_, errno, ""};
    written_ = true;
    while (!text.empty()) {
        const ssize_t length = ::write(fd_, text.data(), text.size());
        if (length >= 0) {
            text.remove_prefix(static_cast<std::size_t>(length));
        } else if (errno == EAGAIN) {
            pollfd waiting{fd_, POLLOUT, 0};
            poll(&waiting, 1, -1);
        } else if (errno == EPIPE) {
            return {};
        } else if (errno != EINTR) {
            return Error{"cannot write the report to", name_, errno, ""};
        }
    }
    return {};
}

bool Sink::is_terminal() const
{
    return isatty(fd_) == 1;
}

} // namespace iopath
