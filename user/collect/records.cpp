// SPDX-License-Identifier: GPL-2.0-only
#include "collect/records.h"

namespace iopath {

std::string helper_name(const std::string& comm)
{
    for (const char* many : {"kworker/", "iou-wrk-", "iou-sqp-", "ksoftirqd/", "migration/"}) {
        const std::size_t length = std::strlen(many);
        if (comm.compare(0, length, many) == 0)
            return comm.substr(0, length - 1);
    }
    return comm;
}

void TopTable::add(std::uint32_t row, std::uint32_t tgid, const std::string& comm, Nanoseconds time)
{
    TopProcess& process = table_[{row, tgid}];
    process.pid = static_cast<int>(tgid);
    process.comm = comm;
    process.time += time;
}

} // namespace iopath
