// SPDX-License-Identifier: GPL-2.0-only
#include "unit/caps/sample_btf.h"

#include <bpf/btf.h>
#include <initializer_list>
#include <memory>
#include <stdexcept>

namespace iopath {

namespace {

int check(int id)
{
    if (id < 0)
        throw std::runtime_error("libbpf could not add a type");
    return id;
}

int add_prototype(btf* to, int number_of_parameters, int type)
{
    const int id = check(btf__add_func_proto(to, 0));
    for (int i = 0; i < number_of_parameters; i++)
        check(btf__add_func_param(to, "", type));
    return id;
}

/// A type of each kind that has something behind it, for the pass to step over.
void add_others(btf* to, int integer)
{
    check(btf__add_array(to, integer, integer, 3));
    const int structure = check(btf__add_struct(to, "pair", 8));
    check(btf__add_field(to, "first", integer, 0, 0));
    check(btf__add_field(to, "second", integer, 32, 0));
    check(btf__add_union(to, "either", 4));
    check(btf__add_field(to, "first", integer, 0, 0));
    check(btf__add_enum(to, "colour", 4));
    check(btf__add_enum_value(to, "red", 1));
    check(btf__add_enum_value(to, "blue", 2));
    check(btf__add_enum64(to, "large", 8, false));
    check(btf__add_enum64_value(to, "huge", 1ULL << 40));
    check(btf__add_fwd(to, "later", BTF_FWD_STRUCT));
    check(btf__add_float(to, "double", 8));
    for (auto* const add : {btf__add_volatile, btf__add_const, btf__add_restrict})
        check(add(to, integer));
    const int variable = check(btf__add_var(to, "jiffies", BTF_VAR_GLOBAL_ALLOCATED, integer));
    check(btf__add_datasec(to, ".data", 4));
    check(btf__add_datasec_var_info(to, variable, 0, 4));
    check(btf__add_decl_tag(to, "tag", structure, 1));
    check(btf__add_type_tag(to, "rcu", integer));
}

/// struct request { int opcode; int flags : 4; int state : 12; union { int cqe; struct { int first,
/// link; }; }; }, and another one with a field of the same name.
void add_structures(btf* to, int integer)
{
    const int inner = check(btf__add_struct(to, "", 8));
    check(btf__add_field(to, "first", integer, 0, 0));
    check(btf__add_field(to, "link", integer, 32, 0));
    const int either = check(btf__add_union(to, "", 8));
    check(btf__add_field(to, "cqe", integer, 0, 0));
    check(btf__add_field(to, "", inner, 0, 0));
    check(btf__add_struct(to, "request", 16));
    check(btf__add_field(to, "opcode", integer, 0, 0));
    check(btf__add_field(to, "flags", integer, 32, 4));
    check(btf__add_field(to, "state", integer, 40, 12));
    check(btf__add_field(to, "", either, 64, 0));
    check(btf__add_struct(to, "other", 8));
    check(btf__add_field(to, "number", integer, 0, 0));
    check(btf__add_field(to, "link", integer, 32, 0));
}

void add_tracepoint(btf* to, const char* name, int prototype)
{
    check(btf__add_typedef(to, name, check(btf__add_ptr(to, prototype))));
}

} // namespace

std::string sample_btf()
{
    const std::unique_ptr<btf, decltype(&btf__free)> made(btf__new_empty(), btf__free);
    btf* const to = made.get();
    const int integer = check(btf__add_int(to, "int", 4, BTF_INT_SIGNED));
    add_others(to, integer);
    add_structures(to, integer);

    add_tracepoint(to, "btf_trace_sched_switch", add_prototype(to, 5, integer));
    add_tracepoint(to, "btf_trace_no_arguments", add_prototype(to, 1, integer));
    add_tracepoint(to, "btf_trace_nothing_at_all", add_prototype(to, 0, integer));
    add_tracepoint(to, "btf_trace_of_integer", integer);
    check(btf__add_typedef(to, "btf_trace_no_pointer", integer));
    check(btf__add_typedef(to, "u32", integer));

    const int prototype = add_prototype(to, 2, integer);
    check(btf__add_func(to, "bpf_rdonly_cast", BTF_FUNC_GLOBAL, prototype));
    check(btf__add_func(to, "vfs_read", BTF_FUNC_GLOBAL, prototype));

    __u32 size = 0;
    const void* const bytes = btf__raw_data(to, &size);
    return {static_cast<const char*>(bytes), size};
}

} // namespace iopath
