/* SPDX-License-Identifier: GPL-2.0-only */
/* The maps of layer journal. */
#ifndef IOPATH_MAPS_JOURNAL_BPF_H
#define IOPATH_MAPS_JOURNAL_BPF_H

#include "maps.bpf.h"

struct open_commit {
	u64 begin;
	u64 mark; /* end of the last phase */
	u64 phase_ns[IOPATH_COMMIT_PHASE_COUNT];
	struct asker asker;
};

/* Commits in progress, by the thread that commits. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, u32);
	__type(value, struct open_commit);
} open_commits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 256);
	__type(key, struct iopath_commits_key);
	__type(value, struct iopath_commits);
} commits SEC(".maps");

/* New rows are copies of this. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct iopath_commits);
} zeroed_commits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1024);
	__type(key, struct iopath_asker_key);
	__type(value, struct iopath_asker);
} commit_askers SEC(".maps");

#endif
