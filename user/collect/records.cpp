// SPDX-License-Identifier: GPL-2.0-only
#include "collect/records.h"

#include <algorithm>

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

std::string path_of(const iopath_names& names)
{
    const std::size_t size = std::min<std::size_t>(names.bytes, sizeof(names.text));
    std::string path;
    for (std::size_t at = 0; at < size;) {
        const std::string name(&names.text[at], strnlen(&names.text[at], size - at));
        path.insert(0, "/" + name);
        at += name.size() + 1;
    }
    return path.empty() ? "/" : path;
}

void TopTable::add(std::uint32_t row, std::uint32_t tgid, const std::string& comm, Nanoseconds time)
{
    TopProcess& process = table_[{row, tgid}];
    process.pid = static_cast<int>(tgid);
    process.comm = comm;
    process.time += time;
}

Latency latency_of(const iop_u64* buckets, iop_u64 sum_ns, iop_u64 max_ns)
{
    Latency latency;
    for (std::size_t i = 0; i < IOPATH_BUCKETS; i++) {
        if (buckets[i] != 0)
            latency.histogram.add(i, buckets[i]);
    }
    latency.sum = Nanoseconds(sum_ns);
    latency.max = Nanoseconds(max_ns);
    return latency;
}

Latency latency_of(const iopath_latency& sums)
{
    return latency_of(static_cast<const iop_u64*>(sums.buckets), sums.ns, sums.max_ns);
}

} // namespace iopath
