// SPDX-License-Identifier: GPL-2.0-only
#include "caps/btf_scan.h"

#include <cstdint>
#include <cstring>
#include <linux/btf.h>
#include <optional>
#include <vector>

namespace iopath {

namespace {

constexpr std::string_view kTracePrefix = "btf_trace_";
constexpr int kDeepest = 8; // levels of structures without a name
// Kinds younger than the headers of the distributions we build on (6.0).
constexpr std::uint32_t kKindEnum64 = 19;
constexpr std::uint32_t kEnum64Size = 12;

/// The bytes that follow a type of this kind; nothing where the kind is not known.
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

class Scan {
public:
    Scan(std::string_view types, std::string_view strings, const std::set<std::string_view>& wanted,
         const WantedFields& fields)
        : types_(types), strings_(strings), wanted_(wanted), fields_(fields)
    {
        // A kernel's types take 24 bytes on average.
        offsets_.reserve(types.size() / 16);
        offsets_.push_back(0); // id 0 is void and is not in the section
    }

    Result<BtfNames> run()
    {
        for (std::size_t at = 0; at < types_.size();) {
            if (types_.size() - at < sizeof(btf_type))
                return malformed();
            const btf_type type = type_at(at);
            const std::uint32_t kind = BTF_INFO_KIND(type.info);
            const auto behind = bytes_behind(kind, BTF_INFO_VLEN(type.info));
            if (!behind)
                return Error{"BTF has types of the unknown kind " + std::to_string(kind), "", 0,
                             "this kernel is newer than iopath knows"};
            if (types_.size() - at - sizeof(btf_type) < *behind)
                return malformed();
            offsets_.push_back(static_cast<std::uint32_t>(at));
            visit(type, kind);
            at += sizeof(btf_type) + *behind;
        }
        for (const auto& trace : traces_)
            count_arguments(trace);
        for (const auto& function : functions_) {
            if (const auto prototype = prototype_of(function.type))
                names_.functions.emplace(function.name, BTF_INFO_VLEN(prototype->info));
        }
        for (const auto& structure : structures_)
            find_fields(structure.name, structure.type, 0, kDeepest);
        return std::move(names_);
    }

private:
    struct Named {
        std::string_view name;
        std::uint32_t type;
    };

    static Error malformed() { return Error{"BTF is cut short", "", 0, ""}; }

    [[nodiscard]] btf_type type_at(std::size_t offset) const
    {
        btf_type type{};
        std::memcpy(&type, types_.data() + offset, sizeof(type));
        return type;
    }

    [[nodiscard]] std::optional<btf_type> type_by_id(std::uint32_t id) const
    {
        if (id == 0 || id >= offsets_.size())
            return std::nullopt;
        return type_at(offsets_[id]);
    }

    [[nodiscard]] std::optional<btf_type> prototype_of(std::uint32_t id) const
    {
        const auto type = type_by_id(id);
        return type && BTF_INFO_KIND(type->info) == BTF_KIND_FUNC_PROTO ? type : std::nullopt;
    }

    [[nodiscard]] std::string_view name_at(std::uint32_t offset) const
    {
        if (offset >= strings_.size())
            return {};
        const char* const begin = strings_.data() + offset;
        return {begin, ::strnlen(begin, strings_.size() - offset)};
    }

    void visit(const btf_type& type, std::uint32_t kind)
    {
        if (kind == BTF_KIND_TYPEDEF) {
            const auto name = name_at(type.name_off);
            if (name.starts_with(kTracePrefix))
                traces_.push_back({name.substr(kTracePrefix.size()), type.type});
        } else if (kind == BTF_KIND_STRUCT && !fields_.empty()) {
            if (const auto name = name_at(type.name_off); fields_.contains(name))
                structures_.push_back({name, static_cast<std::uint32_t>(offsets_.size() - 1)});
        } else if (kind == BTF_KIND_FUNC && !wanted_.empty()) {
            if (const auto name = name_at(type.name_off); wanted_.contains(name))
                functions_.push_back({name, type.type});
        } else if (kind == BTF_KIND_VAR && !wanted_.empty()) {
            if (const auto name = name_at(type.name_off); wanted_.contains(name))
                names_.variables.emplace(name);
        }
    }

    /// typedef -> pointer -> prototype, whose first parameter is the void * of the attachment.
    void count_arguments(const Named& trace)
    {
        const auto pointer = type_by_id(trace.type);
        if (!pointer || BTF_INFO_KIND(pointer->info) != BTF_KIND_PTR)
            return;
        const auto prototype = prototype_of(pointer->type);
        if (!prototype)
            return;
        const int parameters = BTF_INFO_VLEN(prototype->info);
        if (parameters > 0)
            names_.tracepoint_args.emplace(trace.name, parameters - 1);
    }

    /// Of a structure or union that lies at `base` in the one of that name.
    void find_fields(std::string_view structure, std::uint32_t id, std::uint32_t base, int levels)
    {
        const auto type = type_by_id(id);
        if (!type || (BTF_INFO_KIND(type->info) != BTF_KIND_STRUCT &&
                      BTF_INFO_KIND(type->info) != BTF_KIND_UNION))
            return;
        const auto& wanted = fields_.at(structure);
        std::size_t at = offsets_[id] + sizeof(btf_type);
        for (std::uint32_t i = 0; i < BTF_INFO_VLEN(type->info); ++i, at += sizeof(btf_member)) {
            btf_member member{};
            std::memcpy(&member, types_.data() + at, sizeof(member));
            const auto name = name_at(member.name_off);
            const std::uint32_t bits =
                BTF_INFO_KFLAG(type->info) ? BTF_MEMBER_BIT_OFFSET(member.offset) : member.offset;
            const std::uint32_t offset = base + bits / 8;
            if (name.empty() && levels > 0)
                find_fields(structure, member.type, offset, levels - 1);
            else if (wanted.contains(name))
                names_.fields.emplace(std::string(structure) + "." + std::string(name), offset);
        }
    }

    std::string_view types_;
    std::string_view strings_;
    const std::set<std::string_view>& wanted_;
    const WantedFields& fields_;
    std::vector<std::uint32_t> offsets_;
    std::vector<Named> traces_;
    std::vector<Named> functions_;
    std::vector<Named> structures_;
    BtfNames names_;
};

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

Result<BtfNames> scan_btf(std::string_view bytes, const std::set<std::string_view>& functions,
                          const WantedFields& fields)
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
    return Scan(*types, *strings, functions, fields).run();
}

} // namespace iopath
