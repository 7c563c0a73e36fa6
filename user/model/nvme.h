// SPDX-License-Identifier: GPL-2.0-only
// NVMe commands by hardware queue and CPU, of every scope.
#pragma once

#include "model/histogram.h"

#include <cstdint>
#include <map>
#include <string>

namespace iopath {

/// What one CPU did for one hardware queue.
struct NvmeQueue {
    std::string device; ///< a disk; of an admin queue the controller: "nvme0"
    int qid = 0;        ///< 0: the admin queue
    int cpu = 0;
    std::uint64_t submitted = 0;
    std::uint64_t retries = 0;
    std::uint64_t elsewhere = 0;  ///< completed here, submitted on another CPU
    std::uint64_t interrupts = 0; ///< completed here, and the CPU is known that found the answer
    std::uint64_t interrupts_elsewhere = 0;      ///< of which that was not the submitter's CPU
    std::map<std::string, std::uint64_t> errors; ///< completed here, by status
    Latency queue;      ///< of those submitted here: asked for until set up by the driver
    Latency command;    ///< of those completed here: set up until answered
    Latency completion; ///< of those completed here: answered until the request was done

    [[nodiscard]] std::uint64_t completed() const { return command.histogram.count(); }
    [[nodiscard]] bool is_zero() const;
    void subtract(const NvmeQueue& earlier);
};

} // namespace iopath
