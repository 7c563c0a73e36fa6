// SPDX-License-Identifier: GPL-2.0-only
#include "output/json/parts.h"

namespace iopath::json {

Json nvme_queue(const NvmeQueue& row)
{
    Json errors = Json::array();
    for (const auto& [status, count] : row.errors)
        errors.push_back({{"status", status}, {"count", count}});
    const auto share = [](std::uint64_t part, std::uint64_t whole) {
        return whole == 0 ? Json(nullptr)
                          : Json(static_cast<double>(part) / static_cast<double>(whole));
    };
    return {{"device", row.device},
            {"qid", row.qid},
            {"cpu", row.cpu},
            {"submitted", row.submitted},
            {"completed", row.completed()},
            {"completed_elsewhere_share", share(row.elsewhere, row.completed())},
            {"interrupts_elsewhere_share", share(row.interrupts_elsewhere, row.interrupts)},
            {"retries", row.retries},
            {"errors", errors},
            {"queue", latency(row.queue)},
            {"command", latency(row.command)},
            {"completion", latency(row.completion)}};
}

} // namespace iopath::json
