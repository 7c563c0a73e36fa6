// SPDX-License-Identifier: GPL-2.0-only
#include "collect/bpf_map_reader.h"

#include <algorithm>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cerrno>

namespace iopath {

namespace {

// Entries read with one system call: few for large values, but more than any hash bucket holds.
constexpr std::size_t kBatchBytes = 1U << 20;
constexpr std::size_t kLeastBatch = 64;
constexpr std::size_t kMostBatch = 4096;

} // namespace

BpfMapReader::BpfMapReader(std::function<int(std::string_view)> fd_of)
    : fd_of_(std::move(fd_of)),
      cpus_(static_cast<std::size_t>(std::max(libbpf_num_possible_cpus(), 1)))
{
}

BpfMapReader::Shape BpfMapReader::shape_of(std::string_view map) const
{
    Shape shape;
    shape.fd = fd_of_(map);
    bpf_map_info info{};
    std::uint32_t size = sizeof(info);
    if (shape.fd < 0 || bpf_obj_get_info_by_fd(shape.fd, &info, &size) != 0)
        return Shape{};
    shape.key_size = info.key_size;
    const bool per_cpu =
        info.type == BPF_MAP_TYPE_PERCPU_ARRAY || info.type == BPF_MAP_TYPE_PERCPU_HASH;
    shape.value_size = per_cpu ? (info.value_size + 7U) & ~std::size_t{7} : info.value_size;
    return shape;
}

bool BpfMapReader::read_per_cpu(std::string_view map, std::uint32_t index,
                                const std::function<void(const PerCpuValues&)>& use)
{
    const Shape shape = shape_of(map);
    buffer_.resize(shape.value_size * cpus_);
    if (shape.fd < 0 || bpf_map_lookup_elem(shape.fd, &index, buffer_.data()) != 0)
        return false;
    use(PerCpuValues(buffer_, shape.value_size));
    return true;
}

const void* BpfMapReader::read(std::string_view map, std::uint32_t index)
{
    const Shape shape = shape_of(map);
    buffer_.resize(shape.value_size);
    if (shape.fd < 0 || bpf_map_lookup_elem(shape.fd, &index, buffer_.data()) != 0)
        return nullptr;
    return buffer_.data();
}

void BpfMapReader::walk(const Shape& shape, std::size_t value_bytes,
                        const std::function<void(const void*, std::vector<std::byte>&)>& use)
{
    if (shape.fd < 0)
        return;
    const auto capacity = static_cast<std::uint32_t>(
        std::clamp(kBatchBytes / (shape.key_size + value_bytes), kLeastBatch, kMostBatch));
    std::vector<std::byte> keys(shape.key_size * capacity);
    std::vector<std::byte> values(value_bytes * capacity);
    std::vector<std::byte> value(value_bytes);
    std::vector<std::byte> position(std::max(shape.key_size, sizeof(std::uint32_t)));
    for (bool first = true, more = true; more; first = false) {
        std::uint32_t count = capacity;
        more = bpf_map_lookup_batch(shape.fd, first ? nullptr : position.data(), position.data(),
                                    keys.data(), values.data(), &count, nullptr) == 0;
        if (!more && errno != ENOENT)
            return;
        for (std::size_t i = 0; i < count; i++) {
            std::copy_n(values.data() + i * value_bytes, value_bytes, value.data());
            use(keys.data() + i * shape.key_size, value);
        }
    }
}

void BpfMapReader::each(std::string_view map,
                        const std::function<void(const void*, const void*)>& use)
{
    const Shape shape = shape_of(map);
    walk(shape, shape.value_size,
         [&](const void* key, std::vector<std::byte>& value) { use(key, value.data()); });
}

void BpfMapReader::each_per_cpu(std::string_view map,
                                const std::function<void(const void*, const PerCpuValues&)>& use)
{
    const Shape shape = shape_of(map);
    walk(shape, shape.value_size * cpus_, [&](const void* key, std::vector<std::byte>& value) {
        use(key, PerCpuValues(value, shape.value_size));
    });
}

} // namespace iopath
