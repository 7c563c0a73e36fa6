// SPDX-License-Identifier: GPL-2.0-only
#include "model/histogram.h"
#include "tests/support/catch.h"

#include <cmath>
#include <random>

using namespace iopath;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kLast = IOPATH_BUCKETS - 1;

/// As much of a natural number as the exact test needs, least significant word first.
using Big = std::vector<std::uint32_t>;

Big times(const Big& number, std::uint64_t factor)
{
    Big out = number;
    const auto multiply = [](Big& value, std::uint32_t by) {
        std::uint64_t carry = 0;
        for (std::uint32_t& word : value) {
            carry += static_cast<std::uint64_t>(word) * by;
            word = static_cast<std::uint32_t>(carry);
            carry >>= 32;
        }
        if (carry != 0)
            value.push_back(static_cast<std::uint32_t>(carry));
    };
    Big high = number;
    multiply(out, static_cast<std::uint32_t>(factor));
    multiply(high, static_cast<std::uint32_t>(factor >> 32));
    high.insert(high.begin(), 0);
    out.resize(std::max(out.size(), high.size()) + 1);
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
        carry += static_cast<std::uint64_t>(out[i]) + (i < high.size() ? high[i] : 0);
        out[i] = static_cast<std::uint32_t>(carry);
        carry >>= 32;
    }
    while (!out.empty() && out.back() == 0)
        out.pop_back();
    return out;
}

Big power(std::uint64_t base, int exponent)
{
    Big out{1};
    for (int i = 0; i < exponent; ++i)
        out = times(out, base);
    return out;
}

bool at_most(const Big& a, const Big& b)
{
    if (a.size() != b.size())
        return a.size() < b.size();
    return !std::lexicographical_compare(b.rbegin(), b.rend(), a.rbegin(), a.rend());
}

/// value <= 1e9 * 2^(exponent/8), without rounding: both sides to the eighth power.
bool at_most_edge(std::uint64_t value, int exponent)
{
    Big left = power(value, 8);
    Big right = power(1'000'000'000, 8);
    for (int i = 0; i < std::abs(exponent); ++i)
        (exponent < 0 ? left : right) = times(exponent < 0 ? left : right, 2);
    return at_most(left, right);
}

} // namespace

TEST_CASE("every edge is floor(1e9 * 2^(i/8)), exactly", "[histogram]")
{
    for (std::size_t index = 0; index < kLast; ++index) {
        const int exponent = static_cast<int>(index) + IOPATH_BUCKET_FIRST;
        const auto edge = static_cast<std::uint64_t>(bucket_edge(index).count());
        INFO("bucket " << index << ", edge " << edge);
        REQUIRE(at_most_edge(edge, exponent));
        REQUIRE_FALSE(at_most_edge(edge + 1, exponent));
        const long double formula = 1e9L * std::exp2(static_cast<long double>(exponent) / 8);
        REQUIRE(std::abs(static_cast<long double>(edge) - std::floor(formula)) <= 1);
        REQUIRE(bucket_bound_seconds(index) == Approx(static_cast<double>(formula / 1e9L)));
    }
    CHECK(bucket_edge(kLast) == Nanoseconds::max());
    CHECK(std::isinf(bucket_bound_seconds(kLast)));
    CHECK(bucket_edge(200) == 1s);
    CHECK(bucket_bound_seconds(200) == 1.0);
}

TEST_CASE("the upper bound of a bucket is inclusive", "[histogram]")
{
    for (std::size_t index = 0; index < kLast; ++index) {
        INFO("bucket " << index);
        REQUIRE(bucket_of(bucket_edge(index)) == index);
        REQUIRE(bucket_of(bucket_edge(index) + 1ns) == index + 1);
    }
    CHECK(bucket_of(0ns) == 0);
    CHECK(bucket_of(Nanoseconds::max()) == kLast);
}

TEST_CASE("any value lies within its bucket", "[histogram]")
{
    std::mt19937_64 random{20261122};
    std::uniform_real_distribution<double> log_value{0, 41};
    for (int round = 0; round < 20000; ++round) {
        const Nanoseconds value{static_cast<Nanoseconds::rep>(std::exp2(log_value(random)))};
        const std::size_t bucket = bucket_of(value);
        REQUIRE(value <= bucket_edge(bucket));
        REQUIRE((bucket == 0 || value > bucket_edge(bucket - 1)));
    }
}

TEST_CASE("quantiles of random values err by less than a bucket", "[histogram]")
{
    std::mt19937_64 random{7};
    std::lognormal_distribution<double> spread{std::log(80e3), 1.5};
    std::vector<Nanoseconds> values;
    Histogram histogram;
    for (int i = 0; i < 5000; ++i) {
        values.emplace_back(static_cast<Nanoseconds::rep>(spread(random)));
        histogram.add(bucket_of(values.back()), 1);
    }
    std::sort(values.begin(), values.end());
    for (const double q : {0.01, 0.1, 0.5, 0.9, 0.99, 0.999}) {
        const auto rank = static_cast<std::size_t>(std::ceil(q * 5000)) - 1;
        const double ratio = static_cast<double>(histogram.quantile(q).count()) /
                             static_cast<double>(values[rank].count());
        INFO("q " << q << ", ratio " << ratio);
        CHECK(ratio < std::exp2(1.0 / 8) * 1.0001);
        CHECK(ratio > std::exp2(-1.0 / 8) * 0.9999);
    }
}

TEST_CASE("quantiles rise with q and stay at most max", "[histogram]")
{
    Histogram histogram;
    for (const auto value : {3us, 3us, 17us, 120us, 900us, 40000us})
        histogram.add(bucket_of(value), 3);
    const Nanoseconds max = 39000us;
    Nanoseconds before{};
    for (int step = 0; step <= 100; ++step) {
        const Nanoseconds now = histogram.quantile(step / 100.0, max);
        REQUIRE(now >= before);
        REQUIRE(now <= max);
        before = now;
    }
    CHECK(histogram.quantile(1) > max);
    CHECK(histogram.quantile(1, max) == max);
    CHECK(histogram.quantile(1) == bucket_edge(bucket_of(40000us)));
}

TEST_CASE("quantiles interpolate on the log scale", "[histogram]")
{
    Histogram histogram;
    histogram.add(200, 4); // (2^(-1/8), 1] s
    CHECK(to_seconds(histogram.quantile(1)) == Approx(1));
    CHECK(to_seconds(histogram.quantile(0.5)) == Approx(std::exp2(-1.0 / 16)));
    CHECK(to_seconds(histogram.quantile(0)) == Approx(std::exp2(-1.0 / 8)));
}

TEST_CASE("quantiles at both ends of the range", "[histogram]")
{
    CHECK(Histogram{}.quantile(0.5) == 0ns);
    Histogram low;
    low.add(0, 2);
    CHECK(low.quantile(0.5) == 15ns); // half of 29 ns, on a linear scale
    Histogram high;
    high.add(kLast, 1);
    CHECK(high.quantile(1) == bucket_edge(kLast - 1)); // no bound known
    CHECK(high.quantile(1, 300s) == 300s);
}

TEST_CASE("histograms add and subtract by bucket", "[histogram]")
{
    Histogram earlier;
    earlier.add(10, 2);
    earlier.add(20, 5);
    Histogram now = earlier;
    now.add(20, 3);
    now.add(30, 1);
    now.subtract(earlier);
    CHECK(now.count() == 4);
    CHECK(now.at(10) == 0);
    CHECK(now.at(20) == 3);
    CHECK(now.at(30) == 1);
    CHECK(now.highest_edge() == bucket_edge(30));
    now.add(earlier);
    CHECK(now.count() == 11);
    Histogram less;
    less.add(10, 1);
    less.subtract(earlier);
    CHECK(less.empty());
    CHECK(less.highest_edge() == 0ns);
}

TEST_CASE("the maximum of a difference is bounded by its buckets", "[histogram]")
{
    Latency earlier{{}, 5s, 5s};
    earlier.histogram.add(bucket_of(5s), 1);
    Latency now = earlier;
    now.add(Latency{{}, 80us, 80us});
    now.histogram.add(bucket_of(80us), 1);
    now.subtract(earlier);
    CHECK(now.sum == 80us);
    CHECK(now.max == bucket_edge(bucket_of(80us)));
    now.subtract(now);
    CHECK(now.max == 0ns);
}
