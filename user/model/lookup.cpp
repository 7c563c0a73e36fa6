// SPDX-License-Identifier: GPL-2.0-only
#include "model/lookup.h"

#include "model/take.h"

#include <algorithm>

namespace iopath {

namespace {

void add_known(std::optional<std::uint64_t>& sum, const std::optional<std::uint64_t>& more)
{
    if (sum && more)
        *sum += *more;
    else
        sum.reset();
}

void take_known(std::optional<std::uint64_t>& sum, const std::optional<std::uint64_t>& earlier)
{
    if (sum && earlier)
        take(*sum, *earlier);
}

} // namespace

void NameMisses::add(const NameMisses& more)
{
    count += more.count;
    negative += more.negative;
    time += more.time;
    device += more.device;
    add_known(reads, more.reads);
    add_known(read_bytes, more.read_bytes);
}

void NameMisses::subtract(const NameMisses& earlier)
{
    take(count, earlier.count);
    take(negative, earlier.negative);
    take(time, earlier.time);
    take(device, earlier.device);
    take_known(reads, earlier.reads);
    take_known(read_bytes, earlier.read_bytes);
}

std::optional<std::uint64_t> Lookups::hits(std::uint64_t operations) const
{
    if (!misses || paths == 0 || paths != operations || misses->count > components)
        return std::nullopt;
    return components - misses->count;
}

void Lookups::add(const Lookups& more)
{
    paths += more.paths;
    components += more.components;
    if (misses && more.misses)
        misses->add(*more.misses);
    else
        misses.reset();
}

void Lookups::subtract(const Lookups& earlier)
{
    take(paths, earlier.paths);
    take(components, earlier.components);
    if (misses && earlier.misses)
        misses->subtract(*earlier.misses);
}

Nanoseconds DirectoryLookups::cost() const
{
    return std::max(slow_time, misses ? misses->time : Nanoseconds::zero());
}

void DirectoryLookups::subtract(const DirectoryLookups& earlier)
{
    take(slow, earlier.slow);
    take(slow_time, earlier.slow_time);
    take(slow_device, earlier.slow_device);
    if (misses && earlier.misses)
        misses->subtract(*earlier.misses);
}

} // namespace iopath
