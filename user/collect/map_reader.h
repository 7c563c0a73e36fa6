// SPDX-License-Identifier: GPL-2.0-only
// Reading maps, behind an interface so that the collector can be tested without a kernel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace iopath {

/// One value per CPU, one after another, each `stride` bytes apart.
class PerCpuValues {
public:
    PerCpuValues(std::vector<std::byte>& bytes, std::size_t stride) : bytes_(bytes), stride_(stride)
    {
    }

    /// Calls `use` with each CPU's number and value.
    template <typename Value, typename Use>
    void each(Use use) const
    {
        for (std::size_t at = 0, cpu = 0; at + sizeof(Value) <= bytes_.size(); at += stride_, ++cpu)
            use(static_cast<int>(cpu), *reinterpret_cast<const Value*>(bytes_.data() + at));
    }

private:
    std::vector<std::byte>& bytes_;
    std::size_t stride_;
};

class MapReader {
public:
    virtual ~MapReader() = default;

    /// Value of entry `index` of a per-CPU array; false where it cannot be read.
    virtual bool read_per_cpu(std::string_view map, std::uint32_t index,
                              const std::function<void(const PerCpuValues&)>& use) = 0;
    /// Value of entry `index` of an array; null where it cannot be read. Valid until the next call.
    virtual const void* read(std::string_view map, std::uint32_t index) = 0;
    /// Calls `use` with every key and value of a hash.
    virtual void each(std::string_view map,
                      const std::function<void(const void* key, const void* value)>& use) = 0;
    /// The same of a per-CPU hash.
    virtual void
    each_per_cpu(std::string_view map,
                 const std::function<void(const void* key, const PerCpuValues& values)>& use) = 0;
};

} // namespace iopath
