// SPDX-License-Identifier: GPL-2.0-only
#include "output/json/parts.h"

namespace iopath::json {

Json helper(const Helper& row)
{
    Json stages = Json::object();
    for (std::size_t i = 0; i < kStages; ++i)
        if (row.stages.at(i) != Nanoseconds::zero())
            stages[std::string(kStageNames.at(i))] = to_seconds(row.stages.at(i));
    return {{"comm", row.comm},
            {"work", row.work},
            {"device", row.device},
            {"seconds", to_seconds(row.time())},
            {"waited_for_seconds", to_seconds(row.waited_for())},
            {"for_helpers_seconds", to_seconds(row.for_helpers())},
            {"for_requests_seconds", to_seconds(row.for_requests())},
            {"background_seconds", to_seconds(row.background())},
            {"stages", std::move(stages)}};
}

} // namespace iopath::json
