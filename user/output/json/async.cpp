// SPDX-License-Identifier: GPL-2.0-only
#include "output/json/parts.h"

namespace iopath::json {

namespace {

Json batches(const Batches& sizes)
{
    Json buckets = Json::array();
    for (std::size_t i = 0; i < sizes.buckets.size(); ++i) {
        if (sizes.buckets.at(i) == 0)
            continue;
        const bool last = i + 1 == sizes.buckets.size();
        const std::uint64_t bound = last ? sizes.max : std::uint64_t{1} << i;
        buckets.push_back(Json::array({bound, sizes.buckets.at(i)}));
    }
    const bool known = sizes.count != 0;
    return {{"count", sizes.count},
            {"sum", sizes.sum},
            {"mean", known ? Json(static_cast<double>(sizes.sum) / static_cast<double>(sizes.count))
                           : Json(nullptr)},
            {"max", known ? Json(sizes.max) : Json(nullptr)},
            {"buckets", buckets}};
}

Json punts(const AsyncRequests& row)
{
    Json list = Json::array();
    for (std::size_t i = 0; i < kPunts; ++i)
        if (row.punted.at(i) != 0)
            list.push_back({{"reason", kPuntNames.at(i)}, {"count", row.punted.at(i)}});
    return list;
}

} // namespace

Json async(const AsyncRequests& row, const Counts& counts, Nanoseconds length)
{
    const double mean = mean_in_flight(row, counts, length);
    return {{"interface", name_of(row.interface)},
            {"submitted", row.submitted},
            {"completed", row.completed},
            {"shots", row.shots},
            {"in_flight_mean", length > Nanoseconds::zero() ? Json(mean) : Json(nullptr)},
            {"in_flight_max", row.in_flight_max},
            {"batch", batches(row.batches)},
            {"punted", punted(row)},
            {"punts", punts(row)},
            {"reap", latency(row.reap)},
            {"total", latency(row.total)}};
}

} // namespace iopath::json
