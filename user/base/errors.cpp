// SPDX-License-Identifier: GPL-2.0-only
#include "base/errors.h"

#include <cstring>

namespace iopath {

std::string error_name(int number)
{
    // The kernel's own, include/linux/errno.h: not meant for programs, but some file systems and
    // drivers return it.
    constexpr int kNotSupported = 524;
    if (number == 0)
        return "";
    if (number == kNotSupported)
        return "ENOTSUPP";
    const char* name = strerrorname_np(number);
    return name ? name : std::to_string(number);
}

} // namespace iopath
