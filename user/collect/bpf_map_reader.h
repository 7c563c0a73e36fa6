// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "collect/map_reader.h"

#include <functional>

namespace iopath {

/// Reads the maps of the running kernel.
class BpfMapReader : public MapReader {
public:
    /// `fd_of` gives the descriptor of a map by its name, -1 where there is none.
    explicit BpfMapReader(std::function<int(std::string_view)> fd_of);

    bool read_per_cpu(std::string_view map, std::uint32_t index,
                      const std::function<void(const PerCpuValues&)>& use) override;
    const void* read(std::string_view map, std::uint32_t index) override;
    void each(std::string_view map,
              const std::function<void(const void*, const void*)>& use) override;
    void each_per_cpu(std::string_view map,
                      const std::function<void(const void*, const PerCpuValues&)>& use) override;

private:
    struct Shape {
        int fd = -1;
        std::size_t key_size = 0;
        std::size_t value_size = 0; ///< of one CPU, rounded up to 8 for per-CPU maps
    };
    [[nodiscard]] Shape shape_of(std::string_view map) const;
    void walk(const Shape& shape, std::size_t value_bytes,
              const std::function<void(const void*, std::vector<std::byte>&)>& use);

    std::function<int(std::string_view)> fd_of_;
    std::size_t cpus_;
    std::vector<std::byte> buffer_;
};

} // namespace iopath
