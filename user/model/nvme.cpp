// SPDX-License-Identifier: GPL-2.0-only
#include "model/nvme.h"

#include "model/take.h"

namespace iopath {

bool NvmeQueue::is_zero() const
{
    return submitted == 0 && retries == 0 && completed() == 0 && errors.empty();
}

void NvmeQueue::subtract(const NvmeQueue& earlier)
{
    take(submitted, earlier.submitted);
    take(retries, earlier.retries);
    take(elsewhere, earlier.elsewhere);
    take(interrupts, earlier.interrupts);
    take(interrupts_elsewhere, earlier.interrupts_elsewhere);
    for (auto& [status, count] : errors)
        if (const auto known = earlier.errors.find(status); known != earlier.errors.end())
            take(count, known->second);
    std::erase_if(errors, [](const auto& error) { return error.second == 0; });
    queue.subtract(earlier.queue);
    command.subtract(earlier.command);
    completion.subtract(earlier.completion);
}

} // namespace iopath
