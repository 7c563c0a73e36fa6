// SPDX-License-Identifier: GPL-2.0-only
#include "probes/descriptors.h"

#include <algorithm>
#include <cerrno>
#include <sys/resource.h>

namespace iopath {

namespace {

constexpr rlim_t kDescriptors = 4096; // some 1,100 with every layer lit by kprobes

} // namespace

void allow_descriptors()
{
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= kDescriptors)
        return;
    const rlimit enough{kDescriptors, std::max(limit.rlim_max, kDescriptors)};
    if (setrlimit(RLIMIT_NOFILE, &enough) == 0) // above the hard limit with CAP_SYS_RESOURCE only
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit); // what then fails says why
}

std::string descriptor_hint(int error_number)
{
    return error_number == EMFILE ? "raise RLIMIT_NOFILE (ulimit -Hn)" : "";
}

} // namespace iopath
