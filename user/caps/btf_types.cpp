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

std::optional<std::size_t> bytes_behind(std::uint32_t kind, std::size_t count)
{
    switch (kind) {
    case BTF_KIND_PTR:
    case BTF_KIND_FWD:
    case BTF_KIND_TYPEDEF:
    case BTF_KIND_VOLATILE:
    case BTF_KIND_CONST:
    case BTF_KIND_RESTRICT:
    case BTF_KIND_FUNC:
    case BTF_KIND_FLOAT:
    case BTF_KIND_TYPE_TAG:
        return 0;
    case BTF_KIND_INT:
        return sizeof(std::uint32_t);
    case BTF_KIND_ARRAY:
        return sizeof(btf_array);
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
        return count * sizeof(btf_member);
    case BTF_KIND_ENUM:
        return count * sizeof(btf_enum);
    case kKindEnum64:
        return count * kEnum64Size;
    case BTF_KIND_FUNC_PROTO:
        return count * sizeof(btf_param);
    case BTF_KIND_VAR:
        return sizeof(btf_var);
    case BTF_KIND_DATASEC:
        return count * sizeof(btf_var_secinfo);
    case BTF_KIND_DECL_TAG:
        return sizeof(btf_decl_tag);
    default:
        return std::nullopt;
    }
}

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
