// SPDX-License-Identifier: GPL-2.0-only
#include "model/helper.h"

#include "model/take.h"

#include <algorithm>
#include <numeric>

namespace iopath {

Nanoseconds Helper::time() const
{
    return std::accumulate(stages.begin(), stages.end(), Nanoseconds::zero());
}

/// Of two intervals the later may have the wait for what was done in the earlier.
Nanoseconds Helper::waited_for() const
{
    return std::min(by_operations, time());
}

Nanoseconds Helper::rest() const
{
    return time() - std::clamp(by_any, waited_for(), time());
}

Nanoseconds Helper::for_helpers() const
{
    return time() - waited_for() - rest();
}

Nanoseconds Helper::for_requests() const
{
    return serves ? rest() : Nanoseconds::zero();
}

Nanoseconds Helper::background() const
{
    return serves ? Nanoseconds::zero() : rest();
}

void Helper::add(const Helper& more)
{
    for (std::size_t stage = 0; stage < kStages; ++stage)
        stages.at(stage) += more.stages.at(stage);
    by_operations += more.by_operations;
    by_any += more.by_any;
}

void Helper::subtract(const Helper& earlier)
{
    take_each(stages, earlier.stages);
    take(by_operations, earlier.by_operations);
    take(by_any, earlier.by_any);
}

} // namespace iopath
