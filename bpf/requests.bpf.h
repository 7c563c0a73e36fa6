/* SPDX-License-Identifier: GPL-2.0-only */
/* What is kept of each request until it is done: struct request_slot. */
#ifndef IOPATH_REQUESTS_BPF_H
#define IOPATH_REQUESTS_BPF_H

#include "slots.bpf.h"

/* Set once attached: requests allocated earlier may have been issued unseen. */
iop_u64 attached_ns;

#define REQUESTS ((struct slots){&request_slots, &request_overflow, REQUEST_SLOT_BITS})

static __always_inline struct request_slot *find_request(u64 request)
{
	return find_slot(REQUESTS, request);
}

/* A slot with nothing in it. The request may have had one before: merged or dropped
 * without an event, and its memory used again. */
static __always_inline struct request_slot *new_request(u64 request)
{
	struct request_slot fresh = {}, *slot = new_slot(REQUESTS, request, &fresh);

	if (slot) {
		slot->started = 0;
		slot->issued = 0;
		slot->inserted = 0;
		slot->bytes = 0;
	}
	return slot;
}

/* The slot must not be looked at afterwards. */
static __always_inline void drop_request(struct request_slot *slot, u64 request)
{
	drop_slot(REQUESTS, slot, request);
}

#endif
