/* SPDX-License-Identifier: GPL-2.0-only */
/* The map of what kernel threads did. */
#ifndef IOPATH_MAPS_HELPER_BPF_H
#define IOPATH_MAPS_HELPER_BPF_H

#include "maps.bpf.h"

/* Allocated beforehand: see THREAD_MAP. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, IOPATH_HELPERS);
	__type(key, struct iopath_helper_key);
	__type(value, struct iopath_helper);
} helpers SEC(".maps");

#endif
