// SPDX-License-Identifier: GPL-2.0-only
#include "caps/btf_scan.h"

#include "caps/btf_types.h"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace iopath {

namespace {

constexpr std::string_view kTracePrefix = "btf_trace_";
constexpr int kDeepest = 8; // levels of structures without a name

class Scan {
public:
    Scan(BtfTypes types, const std::set<std::string_view>& wanted, const WantedFields& fields)
        : types_(std::move(types)), wanted_(wanted), fields_(fields)
    {
    }

    Result<BtfNames> run()
    {
        const Status walked =
            types_.walk([this](std::uint32_t id, const btf_type& type) { visit(id, type); });
        if (!walked)
            return walked.error();
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

    [[nodiscard]] std::optional<btf_type> prototype_of(std::uint32_t id) const
    {
        const auto type = types_.by_id(id);
        return type && BTF_INFO_KIND(type->info) == BTF_KIND_FUNC_PROTO ? type : std::nullopt;
    }

    void visit(std::uint32_t id, const btf_type& type)
    {
        const std::uint32_t kind = BTF_INFO_KIND(type.info);
        if (kind == BTF_KIND_TYPEDEF) {
            const auto name = types_.name(type.name_off);
            if (name.starts_with(kTracePrefix))
                traces_.push_back({name.substr(kTracePrefix.size()), type.type});
        } else if (kind == BTF_KIND_STRUCT && !fields_.empty()) {
            if (const auto name = types_.name(type.name_off); fields_.contains(name))
                structures_.push_back({name, id});
        } else if (kind == BTF_KIND_FUNC && !wanted_.empty()) {
            if (const auto name = types_.name(type.name_off); wanted_.contains(name))
                functions_.push_back({name, type.type});
        } else if (kind == BTF_KIND_VAR && !wanted_.empty()) {
            if (const auto name = types_.name(type.name_off); wanted_.contains(name))
                names_.variables.emplace(name);
        }
    }

    /// typedef -> pointer -> prototype, whose first parameter is the void * of the attachment.
    void count_arguments(const Named& trace)
    {
        const auto pointer = types_.by_id(trace.type);
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
        const auto type = types_.by_id(id);
        if (!type || (BTF_INFO_KIND(type->info) != BTF_KIND_STRUCT &&
                      BTF_INFO_KIND(type->info) != BTF_KIND_UNION))
            return;
        const auto& wanted = fields_.at(structure);
        for (std::uint32_t i = 0; i < BTF_INFO_VLEN(type->info); ++i) {
            const auto member = types_.item<btf_member>(id, i);
            const auto name = types_.name(member.name_off);
            const std::uint32_t bits =
                BTF_INFO_KFLAG(type->info) ? BTF_MEMBER_BIT_OFFSET(member.offset) : member.offset;
            const std::uint32_t offset = base + bits / 8;
            if (name.empty() && levels > 0)
                find_fields(structure, member.type, offset, levels - 1);
            else if (wanted.contains(name))
                names_.fields.emplace(std::string(structure) + "." + std::string(name), offset);
        }
    }

    BtfTypes types_;
    const std::set<std::string_view>& wanted_;
    const WantedFields& fields_;
    std::vector<Named> traces_;
    std::vector<Named> functions_;
    std::vector<Named> structures_;
    BtfNames names_;
};

} // namespace

Result<BtfNames> scan_btf(std::string_view bytes, const std::set<std::string_view>& functions,
                          const WantedFields& fields)
{
    auto types = BtfTypes::of(bytes);
    if (!types)
        return types.error();
    return Scan(std::move(*types), functions, fields).run();
}

} // namespace iopath
