// SPDX-License-Identifier: GPL-2.0-only
#include "collect/block_status.h"

#include "bpf/iopath.h"

#include <array>
#include <cerrno>
#include <string_view>

namespace iopath {

namespace {

/// include/linux/blk_types.h, as since 6.11; bpf/compat_block.bpf.h makes them so.
std::string status_name(std::uint32_t status)
{
    constexpr std::array<std::string_view, 20> kNames{"OK",
                                                      "NOTSUPP",
                                                      "TIMEOUT",
                                                      "NOSPC",
                                                      "TRANSPORT",
                                                      "TARGET",
                                                      "RESV_CONFLICT",
                                                      "MEDIUM",
                                                      "PROTECTION",
                                                      "RESOURCE",
                                                      "IOERR",
                                                      "DM_REQUEUE",
                                                      "AGAIN",
                                                      "DEV_RESOURCE",
                                                      "ZONE_OPEN_RESOURCE",
                                                      "ZONE_ACTIVE_RESOURCE",
                                                      "OFFLINE",
                                                      "DURATION_LIMIT",
                                                      "INVAL",
                                                      "INVAL"};
    if (status < kNames.size())
        return std::string(kNames.at(status));
    return "STATUS_" + std::to_string(status);
}

/// Before 5.16 the kernel told an errno: what blk_errors[] of block/blk-core.c makes of a status.
std::string errno_status(std::uint32_t number)
{
    switch (number) {
    case EOPNOTSUPP:
        return "NOTSUPP";
    case ETIMEDOUT:
        return "TIMEOUT";
    case ENOSPC:
        return "NOSPC";
    case ENOLINK:
        return "TRANSPORT";
    case EREMOTEIO:
        return "TARGET";
    case EBADE:
        return "RESV_CONFLICT";
    case ENODATA:
        return "MEDIUM";
    case EILSEQ:
        return "PROTECTION";
    case ENOMEM:
        return "RESOURCE";
    case EBUSY:
        return "DEV_RESOURCE";
    case EAGAIN:
        return "AGAIN";
    case EIO:
        return "IOERR";
    default:
        return "ERRNO_" + std::to_string(number);
    }
}

} // namespace

std::string block_status_name(std::uint32_t status)
{
    if ((status & IOPATH_STATUS_ERRNO) != 0)
        return errno_status(status & ~std::uint32_t{IOPATH_STATUS_ERRNO});
    return status_name(status);
}

} // namespace iopath
