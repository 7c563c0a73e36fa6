// SPDX-License-Identifier: GPL-2.0-only
// The types of a BTF blob, in the order of their ids. By hand, as libbpf takes 5 to 13 ms for
// reading and indexing the 126,000 types of a kernel, this 1 to 2 ms.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <linux/btf.h>
#include <optional>
#include <string_view>
#include <vector>

namespace iopath {

/// Younger than the headers of the distributions we build on (6.0).
inline constexpr std::uint32_t kKindEnum64 = 19;
inline constexpr std::size_t kEnum64Size = 12;

/// The bytes that follow a type of this kind; nothing where the kind is not known.
inline std::optional<std::size_t> bytes_behind(std::uint32_t kind, std::size_t count)
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

class BtfTypes {
public:
    /// Of a kernel, not of a module, whose ids continue those of the kernel. Borrows the bytes.
    static Result<BtfTypes> of(std::string_view bytes);

    /// Calls visit(id, type) for each type; what is below needs this first.
    template <typename Visit>
    Status walk(Visit&& visit);

    /// Ids are below it; 0 is void, and no type.
    [[nodiscard]] std::uint32_t end() const { return static_cast<std::uint32_t>(offsets_.size()); }
    [[nodiscard]] std::optional<btf_type> by_id(std::uint32_t id) const
    {
        if (id == 0 || id >= end())
            return std::nullopt;
        return at<btf_type>(offsets_[id]);
    }
    /// What follows the type itself: members, values, parameters, by their index.
    template <typename Item>
    [[nodiscard]] Item item(std::uint32_t id, std::size_t index) const
    {
        return at<Item>(offsets_[id] + sizeof(btf_type) + index * sizeof(Item));
    }
    /// The type with what follows.
    [[nodiscard]] std::string_view record(std::uint32_t id) const
    {
        const std::size_t end = id + 1 < offsets_.size() ? offsets_[id + 1] : types_.size();
        return types_.substr(offsets_[id], end - offsets_[id]);
    }
    [[nodiscard]] std::string_view name(std::uint32_t offset) const
    {
        if (offset >= strings_.size())
            return {};
        const char* const begin = strings_.data() + offset;
        return {begin, ::strnlen(begin, strings_.size() - offset)};
    }

private:
    BtfTypes(std::string_view types, std::string_view strings) : types_(types), strings_(strings) {}

    template <typename Item>
    [[nodiscard]] Item at(std::size_t offset) const
    {
        Item item{};
        std::memcpy(&item, types_.data() + offset, sizeof(item));
        return item;
    }

    std::string_view types_;
    std::string_view strings_;
    std::vector<std::uint32_t> offsets_;
};

template <typename Visit>
Status BtfTypes::walk(Visit&& visit)
{
    offsets_.reserve(types_.size() / 16); // a kernel's types take 24 bytes on average
    offsets_.assign(1, 0);                // void is not in the section
    for (std::size_t offset = 0; offset < types_.size();) {
        if (types_.size() - offset < sizeof(btf_type))
            return Error{"BTF is cut short", "", 0, ""};
        const auto type = at<btf_type>(offset);
        const auto behind = bytes_behind(BTF_INFO_KIND(type.info), BTF_INFO_VLEN(type.info));
        if (!behind)
            return Error{"BTF has types of the unknown kind " +
                             std::to_string(BTF_INFO_KIND(type.info)),
                         "", 0, "this kernel is newer than iopath knows"};
        if (types_.size() - offset - sizeof(btf_type) < *behind)
            return Error{"BTF is cut short", "", 0, ""};
        offsets_.push_back(static_cast<std::uint32_t>(offset));
        visit(end() - 1, type);
        offset += sizeof(btf_type) + *behind;
    }
    return {};
}

} // namespace iopath
