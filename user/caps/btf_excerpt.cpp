// SPDX-License-Identifier: GPL-2.0-only
#include "caps/btf_excerpt.h"

#include "caps/btf_types.h"

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace iopath {

namespace {

bool can_be_kept(std::uint32_t kind)
{
    return kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION || kind == BTF_KIND_ENUM ||
           kind == kKindEnum64 || kind == BTF_KIND_TYPEDEF;
}

/// Has the id of another type in place of a size.
bool refers(std::uint32_t kind)
{
    return kind == BTF_KIND_TYPEDEF || kind == BTF_KIND_VOLATILE || kind == BTF_KIND_CONST ||
           kind == BTF_KIND_RESTRICT || kind == BTF_KIND_TYPE_TAG || kind == BTF_KIND_PTR;
}

bool has_members(std::uint32_t kind)
{
    return kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION;
}

class Excerpt {
public:
    Excerpt(BtfTypes types, const std::set<std::string, std::less<>>& names)
        : types_(std::move(types)), names_(names.begin(), names.end())
    {
    }

    Result<BtfExcerpt> run()
    {
        std::vector<std::uint32_t> named;
        const Status walked = types_.walk([&](std::uint32_t id, const btf_type& type) {
            const std::uint32_t kind = BTF_INFO_KIND(type.info);
            const bool kept = can_be_kept(kind);
            if (!kept && kind != BTF_KIND_FUNC)
                return;
            const std::string_view name = types_.name(type.name_off);
            if (!names_.contains(name))
                return;
            if (kept)
                named.push_back(id);
            if (kind == BTF_KIND_FUNC || kind == BTF_KIND_TYPEDEF)
                excerpt_.functions.emplace(name, id);
            else if (kind == BTF_KIND_STRUCT)
                excerpt_.structures.emplace(name, id);
        });
        if (!walked)
            return walked.error();
        keep(std::move(named));
        std::ranges::sort(kept_);
        for (std::uint32_t i = 0; i < kept_.size(); ++i)
            new_ids_[kept_[i]] = i + 1;
        for (const std::uint32_t id : kept_)
            write(id);
        excerpt_.bytes = file();
        return std::move(excerpt_);
    }

private:
    void keep(std::vector<std::uint32_t> waiting)
    {
        while (!waiting.empty()) {
            const std::uint32_t id = waiting.back();
            waiting.pop_back();
            if (id == 0 || id >= types_.end() || !new_ids_.emplace(id, 0).second)
                continue;
            kept_.push_back(id);
            add_parts(id, waiting);
        }
    }

    /// What lies in a type by value.
    void add_parts(std::uint32_t id, std::vector<std::uint32_t>& waiting) const
    {
        const btf_type type = *types_.by_id(id);
        switch (BTF_INFO_KIND(type.info)) {
        case BTF_KIND_STRUCT:
        case BTF_KIND_UNION:
            for (std::uint32_t i = 0; i < BTF_INFO_VLEN(type.info); ++i)
                waiting.push_back(types_.item<btf_member>(id, i).type);
            break;
        case BTF_KIND_ARRAY: {
            const auto array = types_.item<btf_array>(id, 0);
            waiting.insert(waiting.end(), {array.type, array.index_type});
            break;
        }
        case BTF_KIND_TYPEDEF:
        case BTF_KIND_VOLATILE:
        case BTF_KIND_CONST:
        case BTF_KIND_RESTRICT:
        case BTF_KIND_TYPE_TAG:
            waiting.push_back(type.type);
            break;
        default:
            break;
        }
    }

    template <typename Item>
    void append(const Item& item)
    {
        out_.append(reinterpret_cast<const char*>(&item), sizeof(item));
    }

    std::uint32_t string(std::uint32_t offset)
    {
        const std::string_view name = types_.name(offset);
        if (name.empty())
            return 0;
        const auto [known, is_new] = offsets_.emplace(name, strings_.size());
        if (is_new)
            strings_.append(name).push_back('\0');
        return known->second;
    }

    /// Of a type that was not kept that of void, 0.
    [[nodiscard]] std::uint32_t new_id(std::uint32_t id) const
    {
        const auto known = new_ids_.find(id);
        return known == new_ids_.end() ? 0 : known->second;
    }

    template <typename Item>
    void append_item(Item item)
    {
        item.name_off = string(item.name_off);
        if constexpr (requires { item.type; })
            item.type = new_id(item.type);
        append(item);
    }

    template <typename Item>
    void append_items(std::uint32_t id, std::uint32_t count)
    {
        for (std::uint32_t i = 0; i < count; ++i)
            append_item(types_.item<Item>(id, i));
    }

    void write(std::uint32_t id)
    {
        btf_type type = *types_.by_id(id);
        const std::uint32_t kind = BTF_INFO_KIND(type.info);
        const std::uint32_t count = BTF_INFO_VLEN(type.info);
        if (refers(kind)) {
            append_item(type);
            return;
        }
        type.name_off = string(type.name_off);
        append(type);
        if (has_members(kind)) {
            append_items<btf_member>(id, count);
        } else if (kind == BTF_KIND_ENUM) {
            append_items<btf_enum>(id, count);
        } else if (kind == kKindEnum64) {
            append_items<Enum64>(id, count);
        } else if (kind == BTF_KIND_ARRAY) {
            auto array = types_.item<btf_array>(id, 0);
            array.type = new_id(array.type);
            array.index_type = new_id(array.index_type);
            append(array);
        } else {
            out_ += types_.record(id).substr(sizeof(btf_type));
        }
    }

    [[nodiscard]] std::string file() const
    {
        btf_header header{};
        header.magic = BTF_MAGIC;
        header.version = BTF_VERSION;
        header.hdr_len = sizeof(header);
        header.type_len = static_cast<std::uint32_t>(out_.size());
        header.str_off = header.type_len;
        header.str_len = static_cast<std::uint32_t>(strings_.size());
        return std::string(reinterpret_cast<const char*>(&header), sizeof(header)) + out_ +
               strings_;
    }

    struct Enum64 {
        std::uint32_t name_off;
        std::uint32_t low;
        std::uint32_t high;
    };
    static_assert(sizeof(Enum64) == kEnum64Size);

    BtfTypes types_;
    std::unordered_set<std::string_view> names_;
    std::vector<std::uint32_t> kept_;
    std::unordered_map<std::uint32_t, std::uint32_t> new_ids_; ///< of those kept
    BtfExcerpt excerpt_;
    std::string out_;
    std::string strings_ = std::string(1, '\0');
    std::unordered_map<std::string_view, std::uint32_t> offsets_;
};

} // namespace

Result<BtfExcerpt> excerpt_btf(std::string_view bytes,
                               const std::set<std::string, std::less<>>& names)
{
    auto types = BtfTypes::of(bytes);
    if (!types)
        return types.error();
    return Excerpt(std::move(*types), names).run();
}

} // namespace iopath
