/* SPDX-License-Identifier: GPL-2.0-only */
/* The map of searches for names, which layer block looks at, too. */
#ifndef IOPATH_MAPS_SEARCH_BPF_H
#define IOPATH_MAPS_SEARCH_BPF_H

#include "maps.bpf.h"

/* Searches that are under way: bios are looked at only where there are any. One that failed
 * without a word stays among them, which costs, and counts nothing. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} searches_open SEC(".maps");

#endif
