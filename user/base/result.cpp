// SPDX-License-Identifier: GPL-2.0-only
#include "base/result.h"

#include <system_error>

namespace iopath {

std::string Error::text() const
{
    std::string out = what;
    if (!where.empty())
        out += " " + where;
    if (error_number != 0)
        out += ": " + std::generic_category().message(error_number);
    if (!hint.empty())
        out += " (" + hint + ")";
    return out;
}

} // namespace iopath
