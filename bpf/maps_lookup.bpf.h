/* SPDX-License-Identifier: GPL-2.0-only */
/* The maps of path lookups. */
#ifndef IOPATH_MAPS_LOOKUP_BPF_H
#define IOPATH_MAPS_LOOKUP_BPF_H

#include "maps_call.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, IOPATH_DIRECTORIES);
	__type(key, struct iopath_call_name);
	__type(value, struct iopath_slow_directory);
} slow_directories SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, IOPATH_DIRECTORIES);
	__type(key, struct iopath_directory_key);
	__type(value, struct iopath_directory);
} directories SEC(".maps");

/* What found no room in the two. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct iopath_directories_beyond);
} directories_beyond SEC(".maps");

#endif
