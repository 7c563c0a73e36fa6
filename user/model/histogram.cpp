// SPDX-License-Identifier: GPL-2.0-only
#include "model/histogram.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>

namespace iopath {

namespace {

constexpr std::size_t kBuckets = IOPATH_BUCKETS;
constexpr int kPerOctave = 8;

constexpr std::array<std::uint64_t, kPerOctave> kMantissas{IOPATH_BUCKET_MANTISSAS};

constexpr int exponent_of(std::size_t index)
{
    return static_cast<int>(index) + IOPATH_BUCKET_FIRST;
}

constexpr std::int64_t edge_ns(std::size_t index)
{
    const int exponent = exponent_of(index);
    const int octave = (exponent - (kPerOctave - 1) * (exponent < 0 ? 1 : 0)) / kPerOctave;
    const auto part = static_cast<std::size_t>(exponent - octave * kPerOctave);
    return static_cast<std::int64_t>(kMantissas.at(part) >> (32 - octave));
}

/// All edges but that of the last bucket, which has none.
constexpr auto make_edges()
{
    std::array<std::int64_t, kBuckets - 1> edges{};
    for (std::size_t i = 0; i < edges.size(); ++i)
        edges.at(i) = edge_ns(i);
    return edges;
}

constexpr auto kEdges = make_edges();

Nanoseconds clipped(Nanoseconds value, Nanoseconds max)
{
    return max > Nanoseconds::zero() ? std::min(value, max) : value;
}

/// The point `fraction` of the way through a bucket, as far as its bounds are known: the first
/// starts at zero, so there the scale is linear; the last ends at `max` where that lies inside.
Nanoseconds inside(std::size_t bucket, double fraction, Nanoseconds max)
{
    if (bucket == 0)
        return Nanoseconds{std::llround(static_cast<double>(kEdges.front()) * fraction)};
    const auto low = static_cast<double>(kEdges.at(bucket - 1));
    double high = low;
    if (bucket < kEdges.size())
        high = static_cast<double>(kEdges.at(bucket));
    else
        high = std::max(low, static_cast<double>(max.count()));
    return Nanoseconds{std::llround(low * std::pow(high / low, fraction))};
}

} // namespace

Nanoseconds bucket_edge(std::size_t index)
{
    return index < kEdges.size() ? Nanoseconds{kEdges.at(index)} : Nanoseconds::max();
}

double bucket_bound_seconds(std::size_t index)
{
    if (index >= kEdges.size())
        return std::numeric_limits<double>::infinity();
    return std::exp2(static_cast<double>(exponent_of(index)) / kPerOctave);
}

std::size_t bucket_of(Nanoseconds value)
{
    const auto* edge = std::lower_bound(kEdges.begin(), kEdges.end(), value.count());
    return static_cast<std::size_t>(std::distance(kEdges.begin(), edge));
}

void Histogram::add(std::size_t bucket, std::uint64_t count)
{
    if (count == 0)
        return;
    if (buckets_.empty())
        buckets_.resize(kBuckets);
    buckets_.at(bucket) += count;
    count_ += count;
}

void Histogram::add(const Histogram& other)
{
    for (std::size_t i = 0; i < other.buckets_.size(); ++i)
        add(i, other.buckets_[i]);
}

void Histogram::subtract(const Histogram& earlier)
{
    if (empty() || earlier.empty())
        return;
    for (std::size_t i = 0; i < kBuckets; ++i) {
        const std::uint64_t gone = std::min(buckets_[i], earlier.buckets_[i]);
        buckets_[i] -= gone;
        count_ -= gone;
    }
    if (empty())
        buckets_.clear();
}

Nanoseconds Histogram::quantile(double q, Nanoseconds max) const
{
    if (empty())
        return Nanoseconds::zero();
    const double rank = std::clamp(q, 0.0, 1.0) * static_cast<double>(count_);
    double before = 0;
    std::size_t last = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
        if (buckets_[i] == 0)
            continue;
        const auto here = static_cast<double>(buckets_[i]);
        if (before + here >= rank)
            return clipped(inside(i, (rank - before) / here, max), max);
        before += here;
        last = i;
    }
    return clipped(inside(last, 1, max), max);
}

void Latency::add(const Latency& other)
{
    histogram.add(other.histogram);
    sum += other.sum;
    max = std::max(max, other.max);
}

void Latency::subtract(const Latency& earlier)
{
    histogram.subtract(earlier.histogram);
    sum = sum > earlier.sum ? sum - earlier.sum : Nanoseconds::zero();
    max = std::min(max, histogram.highest_edge());
}

Nanoseconds Histogram::highest_edge() const
{
    for (std::size_t i = buckets_.size(); i > 0; --i)
        if (buckets_[i - 1] != 0)
            return bucket_edge(i - 1);
    return Nanoseconds::zero();
}

} // namespace iopath
