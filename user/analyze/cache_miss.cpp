// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/findings.h"
#include "analyze/load.h"

#include <algorithm>
#include <fmt/format.h>

namespace iopath {

namespace {

/// From this share of the pages on that were brought in, being read again explains the waiting.
constexpr double kManyAgain = 0.25;
/// With less than this many pages ahead for each that was missed, nothing is read ahead.
constexpr double kNothingAhead = 0.1;
/// Requests in file order of at least this share: what readahead is made for.
constexpr double kSequential = 0.7;
constexpr double kFewPages = 100;

double ratio(std::uint64_t part, std::uint64_t whole)
{
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

/// Reads of files and block devices through the page cache.
bool uses_cache(const Operation& row)
{
    return row.cache.asked > 0;
}

CacheUse cache_of(const Interval& interval, const std::string& device)
{
    CacheUse sum;
    for (const Operation& row : interval.counts.operations)
        if (row.key.device == device)
            sum.add(row.cache);
    return sum;
}

/// Share of the pages brought in that had been in the cache before; 0 where nobody tells.
double share_again(const CacheUse& cache)
{
    return ratio(cache.again.value_or(0), cache.added);
}

bool lacks_readahead(const CacheUse& cache, const std::optional<Requests>& requests)
{
    return requests && ratio(cache.read_ahead(), cache.missed) < kNothingAhead &&
           ratio(requests->sequential, requests->located) >= kSequential;
}

std::string hits_text(const CacheUse& cache)
{
    std::string text = fmt::format(
        "{} of {} pages that reads asked for were in the page cache, {} were read "
        "ahead",
        grouped_count(cache.hits()), grouped_count(cache.asked), grouped_count(cache.read_ahead()));
    if (cache.unused_at_least() > 0)
        text += fmt::format(", {} of them or more for nothing yet",
                            grouped_count(cache.unused_at_least()));
    return text;
}

void explain_again(Finding& finding, const CacheUse& cache)
{
    finding.evidence.push_back(fmt::format(
        "{} of {} pages brought in ({}) had been there before and had been dropped for "
        "others",
        grouped_count(*cache.again), grouped_count(cache.added), human_share(share_again(cache))));
    finding.advice.emplace_back("give the page cache room: raise memory.max of the cgroup (or the "
                                "limit of the container), move other memory users away, or read "
                                "less: the files in use are larger than the memory left for them");
    finding.advice.emplace_back("keep streams from pushing out what is in use: POSIX_FADV_DONTNEED "
                                "or O_DIRECT for backups and copies");
}

void explain_readahead(Finding& finding, const Requests& requests)
{
    const std::string disk = requests.device.empty() ? "DEVICE" : requests.device;
    finding.evidence.push_back(fmt::format("{}: {}", disk, shape_of(requests)));
    finding.advice.push_back(fmt::format(
        "let the kernel read ahead: cat /sys/block/{}/queue/read_ahead_kb (0 is off, 128 the "
        "default), and no POSIX_FADV_RANDOM or MADV_RANDOM for files that are read in order",
        disk));
}

} // namespace

Findings cache_miss(const Interval& interval)
{
    const Cause cause{{Stage::device, Stage::block_queue, Stage::completion}, uses_cache, {}};
    Findings findings;
    for (const Load& load : loads_by_device(interval, cause)) {
        const CacheUse cache = cache_of(interval, load.device);
        const auto requests = requests_behind(interval, load.device);
        const bool dropped = share_again(cache) >= kManyAgain;
        const bool unread = lacks_readahead(cache, requests);
        if (static_cast<double>(cache.missed) < kFewPages || (!dropped && !unread))
            continue;
        auto finding = judged(interval, load, "cache-miss", "memory");
        if (!finding)
            continue;
        finding->summary = fmt::format(
            "reads of {} wait for pages that the page cache {} for {} of the operations' time",
            load.device.empty() ? "a device of unknown name" : load.device,
            dropped ? "had to drop" : "was not allowed to read ahead", human_share(finding->share));
        finding->evidence.push_back(hits_text(cache));
        if (dropped)
            explain_again(*finding, cache);
        if (unread)
            explain_readahead(*finding, *requests);
        finding->evidence.push_back(fmt::format("mostly {}", load.row));
        findings.push_back(std::move(*finding));
    }
    return findings;
}

} // namespace iopath
