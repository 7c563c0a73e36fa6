// SPDX-License-Identifier: GPL-2.0-only
// Maps in memory, as the kernel would have written them.
#pragma once

#include "bpf/iopath.h"
#include "collect/map_reader.h"

#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace iopath::test {

using Bytes = std::vector<std::byte>;

template <typename Value>
Bytes bytes_of(const Value& value)
{
    Bytes bytes(sizeof(value));
    std::memcpy(bytes.data(), &value, sizeof(value));
    return bytes;
}

class FakeMaps : public MapReader {
public:
    /// One entry of an array; for per-CPU ones, one value after another.
    template <typename Value>
    void set(const std::string& map, std::uint32_t index, const std::vector<Value>& by_cpu)
    {
        Bytes& bytes = arrays_[{map, index}];
        for (const Value& value : by_cpu) {
            const Bytes one = bytes_of(value);
            bytes.insert(bytes.end(), one.begin(), one.end());
        }
        strides_[map] = sizeof(Value);
    }

    template <typename Key, typename Value>
    void put(const std::string& map, const Key& key, const std::vector<Value>& by_cpu)
    {
        Bytes bytes;
        for (const Value& value : by_cpu) {
            const Bytes one = bytes_of(value);
            bytes.insert(bytes.end(), one.begin(), one.end());
        }
        hashes_[map].emplace_back(bytes_of(key), bytes);
        strides_[map] = sizeof(Value);
    }

    bool read_per_cpu(std::string_view map, std::uint32_t index,
                      const std::function<void(const PerCpuValues&)>& use) override
    {
        const auto found = arrays_.find({std::string(map), index});
        if (found == arrays_.end())
            return false;
        use(PerCpuValues(found->second, strides_[std::string(map)]));
        return true;
    }

    const void* read(std::string_view map, std::uint32_t index) override
    {
        const auto found = arrays_.find({std::string(map), index});
        return found == arrays_.end() ? nullptr : found->second.data();
    }

    void each(std::string_view map,
              const std::function<void(const void*, const void*)>& use) override
    {
        for (const auto& [key, value] : hashes_[std::string(map)])
            use(key.data(), value.data());
    }

    void each_per_cpu(std::string_view map,
                      const std::function<void(const void*, const PerCpuValues&)>& use) override
    {
        for (auto& [key, value] : hashes_[std::string(map)])
            use(key.data(), PerCpuValues(value, strides_[std::string(map)]));
    }

private:
    std::map<std::pair<std::string, std::uint32_t>, Bytes> arrays_;
    std::map<std::string, std::vector<std::pair<Bytes, Bytes>>> hashes_;
    std::map<std::string, std::size_t> strides_;
};

} // namespace iopath::test
