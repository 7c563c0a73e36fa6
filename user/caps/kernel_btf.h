// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "base/result.h"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace iopath {

inline constexpr const char* kKernelBtf = "/sys/kernel/btf/vmlinux";

struct Unmap {
    std::size_t size = 0;
    void operator()(char* begin) const;
};

/// The bytes of /sys/kernel/btf/vmlinux: mapped where the kernel can (6.16), which costs nothing,
/// else read, a page at a time as sysfs gives it (3.5 ms for 5.5 MB).
class KernelBtf {
public:
    static Result<KernelBtf> open(const std::filesystem::path& path);

    [[nodiscard]] std::string_view bytes() const
    {
        return mapping_ ? std::string_view(mapping_.get(), mapping_.get_deleter().size) : copy_;
    }

private:
    std::unique_ptr<char, Unmap> mapping_;
    std::string copy_;
};

} // namespace iopath
