/* SPDX-License-Identifier: GPL-2.0-only */
/* How long completions lay in their ring until the application took them. It moves the ring's
 * head without a word to the kernel: looked at as it submits. */
#ifndef IOPATH_URING_REAP_BPF_H
#define IOPATH_URING_REAP_BPF_H

#include "async_end.bpf.h"

/* Completions whose taking is seen at one look; those that are left are at the next. */
#define REAPED_AT_ONCE 8

static __always_inline u32 ring_head(u64 context)
{
	return KERNEL_FIELD(KERNEL_FIELD(context, ring_rings), rings_head);
}

/* A ring is known from its first completion on. */
static __noinline struct reap_ring *make_ring(u64 context)
{
	struct reap_ring *ring;
	u32 zero = 0;

	ring = bpf_map_lookup_elem(&zeroed_reap_ring, &zero);
	if (ring) /* another CPU may be faster: then its entry is there */
		bpf_map_update_elem(&reap_rings, &context, ring, BPF_NOEXIST);
	ring = bpf_map_lookup_elem(&reap_rings, &context);
	if (ring)
		ring->head = ring_head(context);
	else
		count_loss(IOPATH_LOSS_detail_full);
	return ring;
}

/* A completion is being posted: the kernel has taken its place already. */
static __always_inline void note_posted(u64 context, u64 start, u64 now)
{
	struct reap_slot *slot;
	struct reap_ring *ring;
	u32 tail;

	if (!async_in_use())
		return;
	ring = bpf_map_lookup_elem(&reap_rings, &context);
	if (!ring)
		ring = make_ring(context);
	if (!ring)
		return;
	tail = KERNEL_FIELD(context, ring_tail);
	slot = &ring->slots[(tail - 1) & (REAP_SLOTS - 1)];
	slot->posted = now;
	slot->start = start;
}

VERIFIED_ONCE int reap_one(struct reap_ring *ring, u32 at, u64 now)
{
	struct reap_slot *slot;

	if (!ring)
		return 0;
	slot = &ring->slots[at & (REAP_SLOTS - 1)];
	if (slot->start && slot->posted <= now)
		count_reap(IOPATH_INTERFACE_io_uring, slot->start, slot->posted, now);
	slot->start = 0;
	return 0;
}

VERIFIED_ONCE int reap_up_to(struct reap_ring *ring, u32 head, u64 now)
{
	u32 at;

	if (!ring)
		return 0;
	at = ring->head;
	if (head - at > REAP_SLOTS)
		at = head - REAP_SLOTS; /* overwritten */
	for (int i = 0; i < REAPED_AT_ONCE && at != head; i++, at++)
		reap_one(ring, at, now);
	ring->head = at;
	return 0;
}

static __always_inline void look_at_head(u64 context)
{
	struct reap_ring *ring = bpf_map_lookup_elem(&reap_rings, &context);
	u32 head;

	if (!ring)
		return;
	head = ring_head(context);
	if (head == ring->head)
		return;
	preempt_off();
	reap_up_to(ring, head, bpf_ktime_get_ns());
	preempt_on();
}

#endif
