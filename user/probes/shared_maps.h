// SPDX-License-Identifier: GPL-2.0-only
// The maps that the layers share: made once, handed to every object.
#pragma once

#include "base/result.h"
#include "model/interval.h"
#include "probes/objects.h"

#include <cstdint>
#include <memory>
#include <string_view>

namespace iopath {

/// Sizes that depend on the machine and on what is asked for.
struct MapSizes {
    std::uint32_t rows = 0;
    std::uint32_t block_rows = 0;
    std::uint32_t submitters = 0;
    std::uint32_t files = 0; ///< with rows by file
    std::uint32_t irqs = 0;  ///< interrupts times the CPUs they come to
};

/// As many rows as suit `cpus` CPUs: every row costs memory on each of them.
MapSizes suitable_sizes(int cpus, Breakdown by);

class SharedMaps {
public:
    static Result<std::unique_ptr<SharedMaps>> make(const ObjectKind& kind, const MapSizes& sizes);

    [[nodiscard]] int fd(std::string_view name) const;
    /// Makes an opened, not yet loaded object use these maps in place of its own. libbpf would
    /// accept another value size without a word, so definitions are compared first.
    Status lend_to(bpf_object* object) const;

private:
    explicit SharedMaps(std::unique_ptr<BpfObject> object) : object_(std::move(object)) {}

    std::unique_ptr<BpfObject> object_;
};

} // namespace iopath
