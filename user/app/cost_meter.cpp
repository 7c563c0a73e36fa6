// SPDX-License-Identifier: GPL-2.0-only
#include "app/cost_meter.h"

namespace iopath {

CostMeter::CostMeter(const Programs& programs, std::function<std::uint64_t()> activity)
    : programs_(programs), activity_(std::move(activity))
{
}

std::uint64_t CostMeter::run_ns() const
{
    std::uint64_t sum = 0;
    for (const ProgramCost& cost : programs_.costs())
        sum += cost.run_ns;
    return sum;
}

void CostMeter::open_window()
{
    run_at_open_ = run_ns();
    activity_at_open_ = activity_();
    window_ = Programs::enable_statistics();
}

void CostMeter::close_window()
{
    if (!window_)
        return;
    window_.reset();
    run_seen_ += run_ns() - run_at_open_;
    activity_seen_ += activity_() - activity_at_open_;
}

Nanoseconds CostMeter::estimate() const
{
    if (activity_seen_ == 0)
        return Nanoseconds(run_seen_);
    const double each = static_cast<double>(run_seen_) / static_cast<double>(activity_seen_);
    return Nanoseconds(static_cast<std::int64_t>(each * static_cast<double>(activity_())));
}

} // namespace iopath
