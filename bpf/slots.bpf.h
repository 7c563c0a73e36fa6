/* SPDX-License-Identifier: GPL-2.0-only */
/* What is kept of each of many things in flight, by its address, which is unique among them:
 * in an array, at the place that the address says. What collides goes to a hash, as does
 * everything where the kernel has no compare-and-swap for programs. */
#ifndef IOPATH_SLOTS_BPF_H
#define IOPATH_SLOTS_BPF_H

#include "compat_block.bpf.h"

/* How the values of such maps begin. */
struct slot {
	u64 holder; /* address; 0: free */
};

/* An array of 2^bits entries, and its hash. */
struct slots {
	void *array;
	void *overflow;
	u32 bits;
};

static __always_inline struct slot *direct_slot(struct slots in, u64 address)
{
#ifdef IOPATH_UNTYPED /* no compare-and-swap before 5.12 */
	return NULL;
#else
	u32 index = (address * 0x9E3779B97F4A7C15ULL) >> (64 - in.bits);

	return bpf_map_lookup_elem(in.array, &index);
#endif
}

static __always_inline void *find_slot(struct slots in, u64 address)
{
	struct slot *slot = direct_slot(in, address);

	if (slot && slot->holder == address)
		return slot;
	return bpf_map_lookup_elem(in.overflow, &address);
}

/* Two of one place may come at once: the compare-and-swap has one of them go to the hash. */
static __always_inline bool take_slot(struct slot *slot, u64 address)
{
#ifdef IOPATH_UNTYPED
	return false;
#else
	u64 holder;

	if (!slot)
		return false;
	holder = __sync_val_compare_and_swap(&slot->holder, 0, address);
	return !holder || holder == address;
#endif
}

/* With whatever it held before; one of the hash is made of `fresh`. NULL, and a loss, where
 * there is no room. */
static __always_inline void *new_slot(struct slots in, u64 address, const void *fresh)
{
	struct slot *slot = direct_slot(in, address);

	if (take_slot(slot, address))
		return slot;
	if (bpf_map_update_elem(in.overflow, &address, fresh, BPF_ANY)) {
		count_block_loss(IOPATH_LOSS_map_full);
		return NULL;
	}
	return bpf_map_lookup_elem(in.overflow, &address);
}

/* It must not be looked at afterwards. */
static __always_inline void drop_slot(struct slots in, void *slot, u64 address)
{
	struct slot *taken = slot;

	if (taken->holder == address)
		*(volatile u64 *)&taken->holder = 0;
	else
		bpf_map_delete_elem(in.overflow, &address);
}

#endif
