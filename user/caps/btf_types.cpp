// SPDX-License-Identifier: GPL-2.0-only
#include "caps/btf_types.h"

namespace iopath {

namespace {

/// A section of the file, or nothing if it does not lie in it.
std::optional<std::string_view> section(std::string_view bytes, const btf_header& header,
                                        std::uint32_t offset, std::uint32_t length)
{
    const std::uint64_t begin = std::uint64_t{header.hdr_len} + offset;
    if (begin > bytes.size() || length > bytes.size() - begin)
        return std::nullopt;
    return bytes.substr(begin, length);
}

} // namespace

Result<BtfTypes> BtfTypes::of(std::string_view bytes)
{
    btf_header header{};
    if (bytes.size() < sizeof(header))
        return Error{"BTF is cut short", "", 0, ""};
    std::memcpy(&header, bytes.data(), sizeof(header));
    if (header.magic != BTF_MAGIC)
        return Error{"is no BTF", "", 0, ""};
    const auto types = section(bytes, header, header.type_off, header.type_len);
    const auto strings = section(bytes, header, header.str_off, header.str_len);
    if (!types || !strings)
        return Error{"BTF is cut short", "", 0, ""};
    return BtfTypes(*types, *strings);
}

} // namespace iopath
