/* SPDX-License-Identifier: GPL-2.0-only */
/* The maps of failed operations. */
#ifndef IOPATH_MAPS_FAILURE_BPF_H
#define IOPATH_MAPS_FAILURE_BPF_H

#include "maps.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, IOPATH_FAILURES);
	__type(key, struct iopath_failure_key);
	__type(value, struct iopath_failure);
} failures SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct iopath_failures_beyond);
} failures_beyond SEC(".maps");

#endif
