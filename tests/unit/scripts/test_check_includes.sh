#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# scripts/check-includes finds each kind of wrong direction, and lets the right ones pass.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/expect.sh"
check=$REPOSITORY/scripts/check-includes
tree=$WORK/tree

# add FILE [INCLUDE...]: a file of the tree with these includes, as written.
add() {
    local file=$tree/$1
    shift
    mkdir -p "${file%/*}"
    printf '#include %s\n' "$@" >"$file"
}

good_tree() {
    rm -rf "$tree"
    add bpf/words.h
    add bpf/buckets.h
    add bpf/iopath_part.h
    add bpf/iopath.h '"words.h"' '"iopath_part.h"' '<linux/types.h>'
    add bpf/kernel.bpf.h
    add bpf/sched.bpf.c '"kernel.bpf.h"' '"iopath.h"' '<bpf/bpf_helpers.h>'
    add user/base/result.h '<optional>'
    add user/model/report.h '"base/result.h"' '"bpf/words.h"' '"bpf/buckets.h"' '<vector>'
    add user/analyze/rule.cpp '"model/report.h"' '"analyze/table.h"'
    add user/analyze/table.h
    add user/output/terminal/print.cpp '"model/report.h"' '<fmt/core.h>'
    add user/sys/mounts.h '"base/result.h"'
    add user/caps/facts.h '"sys/mounts.h"' '<bpf/btf.h>'
    add user/probes/loader.cpp '"sched.skel.h"' '"bpf/iopath.h"' '"caps/facts.h"' '<bpf/libbpf.h>'
    add user/collect/reader.cpp '"bpf/iopath.h"' '<bpf/bpf.h>' '"model/report.h"'
    add user/app/diagnose.h '"collect/reader.h"' '"probes/loader.h"' '"output/terminal/print.h"'
    add user/main.cpp '"app/diagnose.h"'
}

good_tree
expect_status 0 "$check" "$tree"
expect_output "0 violations"

# wrong FILE INCLUDE REASON: that file with that include, in a tree otherwise good, is reported.
wrong() {
    good_tree
    add "$1" "$2"
    expect_status 1 "$check" "$tree"
    expect_output "$1:1: "
    expect_output "$3"
    expect_output "1 violations"
}

wrong user/base/bad.h '"model/report.h"' 'base must not include model'
wrong user/model/bad.h '"analyze/table.h"' 'model must not include analyze'
wrong user/model/bad.h '"bpf/iopath.h"' 'model must not include bpf/iopath.h'
wrong user/collect/bad.h '"bpf/iopath_part.h"' 'belongs to the BPF programs'
wrong user/model/bad.h '"../../bpf/kernel.bpf.h"' 'belongs to the BPF programs'
wrong user/model/bad.h '<bpf/libbpf.h>' 'model must not include libbpf'
wrong user/analyze/bad.cpp '<bpf/libbpf.h>' 'analyze must not include libbpf'
wrong user/analyze/bad.cpp '"collect/reader.cpp"' 'analyze must not include collect'
wrong user/analyze/bad.cpp '"output/terminal/print.cpp"' 'analyze must not include output'
wrong user/output/json/bad.cpp '"bpf/iopath.h"' 'output must not include bpf/iopath.h'
wrong user/output/json/bad.cpp '"collect/reader.cpp"' 'output must not include collect'
wrong user/output/json/bad.cpp '"probes/loader.cpp"' 'output must not include probes'
wrong user/output/json/bad.cpp '"caps/facts.h"' 'output must not include caps'
wrong user/output/json/bad.cpp '<bpf/bpf.h>' 'output must not include libbpf'
wrong user/output/json/bad.cpp '"bpf/words.h"' 'output must not include bpf/words.h'
wrong user/collect/bad.cpp '"bpf/sched.skel.h"' 'collect must not include a skeleton'
wrong user/app/bad.cpp '"bpf/iopath.h"' 'app must not include bpf/iopath.h'
wrong user/app/bad.cpp '"sched.skel.h"' 'app must not include a skeleton'
wrong user/probes/bad.cpp '"app/diagnose.h"' 'probes must not include app'
wrong user/caps/bad.cpp '"../probes/loader.cpp"' 'caps must not include probes'
wrong user/main.cpp '"model/report.h"' 'main.cpp must not include model'
wrong user/attic/bad.cpp '<vector>' 'unknown room attic'
wrong bpf/bad.bpf.c '"user/base/result.h"' 'bpf/ must not include user/base/result.h'
wrong bpf/iopath.h '"kernel.bpf.h"' 'iopath.h is for both sides'

# A tree without sources is a mistake of the caller, not a clean tree.
rm -rf "$tree" && mkdir "$tree"
expect_status 1 "$check" "$tree"
