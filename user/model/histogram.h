// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "base/units.h"
#include "bpf/buckets.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace iopath {

/// Upper bound (inclusive) of bucket `index` (0 .. IOPATH_BUCKETS-1) in nanoseconds.
/// The last bucket has no bound (the largest value is returned); the caller bounds it with the
/// maximum.
Nanoseconds bucket_edge(std::size_t index);

/// The exact upper bound in seconds, 2^(i/8): what JSON and metrics print. Infinity for the last
/// bucket.
double bucket_bound_seconds(std::size_t index);

/// The bucket that takes `value`.
std::size_t bucket_of(Nanoseconds value);

/// Latencies in schema 3 buckets. Empty until the first count, so that rows without values cost
/// nothing.
class Histogram {
public:
    void add(std::size_t bucket, std::uint64_t count);
    void add(const Histogram& other);
    /// Takes `earlier` away; both are cumulative counts of one source, so no bucket can go below
    /// zero: one that would is left at zero.
    void subtract(const Histogram& earlier);

    [[nodiscard]] std::uint64_t count() const { return count_; }
    [[nodiscard]] bool empty() const { return count_ == 0; }
    [[nodiscard]] std::uint64_t at(std::size_t bucket) const
    {
        return buckets_.empty() ? 0 : buckets_[bucket];
    }

    /// The upper bound of the highest bucket in use: nothing counted lies above it. Zero when
    /// empty.
    [[nodiscard]] Nanoseconds highest_edge() const;

    /// The value below which `q` (0..1) of the counts lie, interpolated within its bucket on the
    /// log scale, as Prometheus does. Zero when empty. Never above `max` where that is known (not
    /// zero).
    [[nodiscard]] Nanoseconds quantile(double q, Nanoseconds max = Nanoseconds::zero()) const;

private:
    std::uint64_t count_ = 0;
    std::vector<std::uint64_t> buckets_;
};

/// A histogram with what its buckets cannot tell.
struct Latency {
    Histogram histogram;
    Nanoseconds sum{};
    Nanoseconds max{}; ///< since attaching; of an interval it is an upper bound

    void add(const Latency& other);
    void subtract(const Latency& earlier);
    [[nodiscard]] Nanoseconds quantile(double q) const { return histogram.quantile(q, max); }
};

} // namespace iopath
