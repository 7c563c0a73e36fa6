/* SPDX-License-Identifier: GPL-2.0-only */
/* What is kept of each request until it is done: struct request_slot. */
#ifndef IOPATH_REQUESTS_BPF_H
#define IOPATH_REQUESTS_BPF_H

#include "compat_block.bpf.h"

/* Set once attached: requests allocated earlier may have been issued unseen. */
iop_u64 attached_ns;

static __always_inline struct request_slot *direct_slot(u64 request)
{
	u32 index = (request * 0x9E3779B97F4A7C15ULL) >> 50;

	return bpf_map_lookup_elem(&request_slots, &index);
}

/* Two requests of one slot may come at once: the compare-and-swap has one of them go to
 * the hash. */
static __always_inline bool take_slot(struct request_slot *slot, u64 request)
{
#ifdef IOPATH_UNTYPED /* no compare-and-swap before 5.12 */
	return false;
#else
	u64 holder;

	if (!slot)
		return false;
	holder = __sync_val_compare_and_swap(&slot->request, 0, request);
	return !holder || holder == request;
#endif
}

static __always_inline struct request_slot *find_request(u64 request)
{
#ifndef IOPATH_UNTYPED
	struct request_slot *slot = direct_slot(request);

	if (slot && slot->request == request)
		return slot;
#endif
	return bpf_map_lookup_elem(&request_overflow, &request);
}

/* A slot with nothing in it. The request may have had one before: merged or dropped
 * without an event, and its memory used again. */
static __always_inline struct request_slot *new_request(u64 request)
{
	struct request_slot *slot = direct_slot(request), fresh = {};

	if (take_slot(slot, request)) {
		slot->started = 0;
		slot->issued = 0;
		slot->inserted = 0;
		slot->bytes = 0;
		return slot;
	}
	if (bpf_map_update_elem(&request_overflow, &request, &fresh, BPF_ANY)) {
		count_block_loss(IOPATH_LOSS_map_full);
		return NULL;
	}
	return bpf_map_lookup_elem(&request_overflow, &request);
}

/* The slot must not be looked at afterwards. */
static __always_inline void drop_request(struct request_slot *slot, u64 request)
{
	if (slot->request == request)
		*(volatile u64 *)&slot->request = 0;
	else
		bpf_map_delete_elem(&request_overflow, &request);
}

#endif
