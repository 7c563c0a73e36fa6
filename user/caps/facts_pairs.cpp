// SPDX-License-Identifier: GPL-2.0-only
// Facts as names and values, and back.
#include "caps/facts.h"
#include "sys/parse.h"

#include <algorithm>

namespace iopath {

namespace {

constexpr std::string_view kTracepoint = "tracepoint.";
constexpr std::string_view kFunction = "function.";
constexpr std::string_view kField = "field.";

using Numbers = std::map<std::string, int, std::less<>>;

std::string yes_no(bool value)
{
    return value ? "yes" : "no";
}

std::string joined(const std::set<std::string, std::less<>>& words)
{
    std::string out;
    for (const auto& word : words)
        out += (out.empty() ? "" : " ") + word;
    return out;
}

std::set<std::string, std::less<>> words_in(std::string_view text)
{
    std::set<std::string, std::less<>> words;
    for (const auto word : split(text, ' '))
        words.emplace(word);
    return words;
}

/// A setting whose file the kernel has not is left out.
void add(FactsView& pairs, std::string name, const std::optional<int>& value)
{
    if (value)
        pairs.emplace_back(std::move(name), std::to_string(*value));
}

/// Is this one of those pairs?
bool read_numbers(Numbers& known, std::string_view prefix, std::string_view name,
                  const std::string& value)
{
    if (!name.starts_with(prefix))
        return false;
    if (const auto number = number_in<int>(value))
        known.emplace(name.substr(prefix.size()), *number);
    return true;
}

void add_numbers(FactsView& pairs, std::string_view prefix, const Numbers& known)
{
    for (const auto& [name, number] : known)
        pairs.emplace_back(std::string(prefix) + name, std::to_string(number));
}

void read_pair(Facts& facts, std::string_view name, const std::string& value)
{
    if (read_numbers(facts.tracepoint_args, kTracepoint, name, value) ||
        read_numbers(facts.functions, kFunction, name, value) ||
        read_numbers(facts.fields, kField, name, value))
        return;
    const auto is = [name](std::string_view key) { return name == key; };
    if (is("btf"))
        facts.btf = value == "yes";
    else if (is("btf_problem"))
        facts.btf_problem = value;
    else if (is("btf_file"))
        facts.btf_file = value;
    else if (is("kernel_btf"))
        facts.kernel_btf = value == "yes";
    else if (is("preemptible_programs"))
        facts.preemptible_programs = value == "yes";
    else if (is("preemption"))
        facts.preemption = value;
    else if (is("modules"))
        facts.modules = words_in(value);
    else if (is("capabilities"))
        facts.capabilities = words_in(value);
    else if (is("euid"))
        facts.euid = number_in<unsigned>(value).value_or(0);
    else if (is("initial_user_namespace"))
        facts.initial_user_namespace = value == "yes";
    else if (is("lockdown"))
        facts.lockdown = value;
    else if (is("perf_event_paranoid"))
        facts.perf_event_paranoid = number_in<int>(value);
    else if (is("unprivileged_bpf_disabled"))
        facts.unprivileged_bpf_disabled = number_in<int>(value);
    else if (is("bpf_stats_enabled"))
        facts.bpf_stats_enabled = number_in<int>(value);
    else if (is("bpf_jit_enable"))
        facts.bpf_jit_enable = number_in<int>(value);
    else if (is("kprobes"))
        facts.kprobes = value == "yes";
    else if (is("tracefs"))
        facts.tracefs = value;
    else if (is("cgroup2"))
        facts.cgroup2 = value;
}

FactsView common_pairs(const Facts& facts)
{
    FactsView pairs;
    pairs.emplace_back("btf", yes_no(facts.btf));
    if (!facts.btf_problem.empty())
        pairs.emplace_back("btf_problem", facts.btf_problem);
    if (!facts.btf_file.empty())
        pairs.emplace_back("btf_file", facts.btf_file);
    pairs.emplace_back("kernel_btf", yes_no(facts.kernel_btf));
    pairs.emplace_back("preemptible_programs", yes_no(facts.preemptible_programs));
    pairs.emplace_back("preemption", facts.preemption);
    pairs.emplace_back("modules", joined(facts.modules));
    pairs.emplace_back("capabilities", joined(facts.capabilities));
    pairs.emplace_back("euid", std::to_string(facts.euid));
    pairs.emplace_back("initial_user_namespace", yes_no(facts.initial_user_namespace));
    pairs.emplace_back("lockdown", facts.lockdown);
    add(pairs, "perf_event_paranoid", facts.perf_event_paranoid);
    add(pairs, "unprivileged_bpf_disabled", facts.unprivileged_bpf_disabled);
    add(pairs, "bpf_stats_enabled", facts.bpf_stats_enabled);
    add(pairs, "bpf_jit_enable", facts.bpf_jit_enable);
    pairs.emplace_back("kprobes", yes_no(facts.kprobes));
    pairs.emplace_back("tracefs", facts.tracefs);
    pairs.emplace_back("cgroup2", facts.cgroup2);
    return pairs;
}

} // namespace

FactsView to_pairs(const Facts& facts)
{
    FactsView pairs = common_pairs(facts);
    add_numbers(pairs, kFunction, facts.functions);
    add_numbers(pairs, kField, facts.fields);
    add_numbers(pairs, kTracepoint, facts.tracepoint_args);
    return pairs;
}

FactsView summary(const Facts& facts)
{
    FactsView pairs = common_pairs(facts);
    pairs.emplace_back("tracepoints", std::to_string(facts.tracepoint_args.size()));
    pairs.emplace_back("packages", "none missing: no other program is needed at run time");
    return pairs;
}

Facts from_pairs(const FactsView& pairs)
{
    Facts facts;
    for (const auto& [name, value] : pairs)
        read_pair(facts, name, value);
    return facts;
}

} // namespace iopath
