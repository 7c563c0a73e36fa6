/* SPDX-License-Identifier: GPL-2.0-only */
/* Durations added up in a hash of struct iopath_latency. */
#ifndef IOPATH_LATENCY_BPF_H
#define IOPATH_LATENCY_BPF_H

#include "compat.bpf.h"
#include "hist.bpf.h"

static __always_inline void count_latency(struct iopath_latency *sums, u64 ns)
{
	sums->ns += ns;
	if (ns > sums->max_ns)
		sums->max_ns = ns;
	sums->buckets[bucket_of(ns) & (IOPATH_BUCKETS - 1)]++;
}

static __always_inline void add_latency(void *map, const void *key, u64 ns)
{
	struct iopath_latency *sums = bpf_map_lookup_elem(map, key);
	u32 zero = 0;

	if (!sums) {
		/* The value is too large for the stack: start from a zeroed one. */
		sums = bpf_map_lookup_elem(&zeroed_latency, &zero);
		if (sums)
			bpf_map_update_elem(map, key, sums, BPF_NOEXIST);
		sums = bpf_map_lookup_elem(map, key);
	}
	if (!sums) {
		count_loss(IOPATH_LOSS_detail_full);
		return;
	}
	count_latency(sums, ns);
}

#endif
