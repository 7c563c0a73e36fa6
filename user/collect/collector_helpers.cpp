// SPDX-License-Identifier: GPL-2.0-only
// Kernel threads.
#include "bpf/iopath.h"
#include "collect/collector.h"
#include "collect/records.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <tuple>

namespace iopath {

namespace {

/// What they do is listed as softirqs: nobody is woken by the thread itself.
constexpr std::string_view kSoftirqs = "ksoftirqd";
/// Hand on requests of any device: those of full queues, and those that io.max held back.
constexpr std::array<std::string_view, 2> kOfRequests{"kblockd", "kthrotld"};

Helper helper_of(const iopath_helper_key& key, const iopath_helper& sums)
{
    Helper helper;
    helper.comm = helper_name(fixed_string(key.comm));
    helper.work = fixed_string(key.work);
    for (std::size_t stage = 0; stage < kStages; ++stage)
        helper.stages.at(stage) = Nanoseconds(sums.stage_ns[stage]);
    helper.by_operations = Nanoseconds(sums.waited_ns);
    helper.by_any = Nanoseconds(sums.waited_any_ns);
    return helper;
}

} // namespace

void Collector::read_helpers(Counts& counts)
{
    std::map<std::tuple<std::string, std::string>, Helper> table;
    maps_.each("helpers", [&](const void* key, const void* value) {
        Helper part = helper_of(*static_cast<const iopath_helper_key*>(key),
                                *static_cast<const iopath_helper*>(value));
        if (part.comm == kSoftirqs)
            return;
        const auto [place, is_new] = table.try_emplace({part.comm, part.work}, part);
        if (!is_new)
            place->second.add(part);
    });
    for (auto& [key, helper] : table) {
        // Of work queues since 5.14, before of a thread: they bear the device's name.
        for (const std::string& name : {helper.work, helper.comm})
            if (helper.device.empty() && !name.empty() && names_.is_device(name))
                helper.device = name;
        helper.serves = !helper.device.empty() || std::ranges::count(kOfRequests, helper.work) > 0;
        counts.helpers.push_back(std::move(helper));
    }
}

} // namespace iopath
