// SPDX-License-Identifier: GPL-2.0-only
#include "tests/support/build.h"

#include <algorithm>

namespace iopath::test {

Latency latency_of(const Samples& samples)
{
    Latency latency;
    for (const auto& [count, each] : samples) {
        latency.histogram.add(bucket_of(each), count);
        latency.sum += each * static_cast<Nanoseconds::rep>(count);
        latency.max = std::max(latency.max, each);
    }
    return latency;
}

Operation operation(Op op, Target target, std::string fs, std::string device,
                    const Samples& samples)
{
    Operation row;
    row.key.op = op;
    row.key.target = target;
    row.key.fs = std::move(fs);
    row.key.device = std::move(device);
    row.latency = latency_of(samples);
    row.count = row.latency.histogram.count();
    row.stage(Stage::cpu).time = row.latency.sum;
    row.stage(Stage::cpu).histogram = row.latency.histogram;
    return row;
}

void move_time(Operation& row, Stage stage, double share)
{
    const auto moved =
        static_cast<Nanoseconds::rep>(static_cast<double>(row.latency.sum.count()) * share);
    row.stage(Stage::cpu).time -= Nanoseconds{moved};
    row.stage(stage).time += Nanoseconds{moved};
    const auto count = static_cast<Nanoseconds::rep>(std::max<std::uint64_t>(row.count, 1));
    row.stage(stage).histogram.add(bucket_of(Nanoseconds{moved / count}), row.count);
}

BlockRequests requests(std::string device, std::string op, const Samples& service,
                       Nanoseconds queue)
{
    BlockRequests row;
    row.device = std::move(device);
    row.op = std::move(op);
    row.service = latency_of(service);
    row.count = row.service.histogram.count();
    row.queue = latency_of({{row.count, queue}});
    row.depth_time = row.service.sum;
    return row;
}

Interval empty_interval(Nanoseconds length, ScopeKind kind)
{
    Interval interval;
    // 2026-11-22 13:13:06.250 UTC
    interval.start =
        std::chrono::system_clock::time_point{std::chrono::milliseconds{1795353186250}};
    interval.length = length;
    interval.host = {"6.18.44", "x86_64", 2, "testhost"};
    interval.scope.kind = kind;
    return interval;
}

} // namespace iopath::test
