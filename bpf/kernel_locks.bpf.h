/* SPDX-License-Identifier: GPL-2.0-only */
/* Who asked for the kernel lock that an operation waits for, and how long the wait was by the
 * ledger's own account. Of locks that are contended inside one another the outermost counts. */
#ifndef IOPATH_KERNEL_LOCKS_BPF_H
#define IOPATH_KERNEL_LOCKS_BPF_H

#include "ledger.bpf.h"

/* Where a kernel lock is asked for, as one number: collisions of 64 bits are not to be expected. */
static __always_inline u64 site_of(const struct iopath_kernel_lock *lock)
{
	u64 site = 0xcbf29ce484222325 ^ lock->flags ^ (u64)lock->row << 32; /* FNV-1a, by words */

	for (int i = 0; i < IOPATH_LOCK_CALLERS; i++)
		site = (site ^ lock->callers[i]) * 0x100000001b3;
	return site;
}

/* The program itself, and what runs programs; the tracepoint's own function is not always there. */
#define OWN_FRAMES 2

static __always_inline void begin_kernel_wait(void *ctx, struct ledger *ledger, u64 lock, u32 flags)
{
	struct iopath_kernel_lock fresh = {};

	if (ledger->contended)
		return;
	fresh.flags = flags;
	fresh.row = ledger->place.row;
	if (bpf_get_stack(ctx, fresh.callers, sizeof(fresh.callers), OWN_FRAMES) < 0)
		count_loss(IOPATH_LOSS_read_failed);
	ledger->contended = lock;
	ledger->contention_site = site_of(&fresh);
	ledger->contention_ns = ledger->stage_ns[IOPATH_STAGE_lock];
	if (!bpf_map_lookup_elem(&kernel_locks, &ledger->contention_site))
		bpf_map_update_elem(&kernel_locks, &ledger->contention_site, &fresh, BPF_NOEXIST);
}

/* Kept in the ledger: it goes to the map with the stage itself, at the operation's end. */
static __always_inline void end_kernel_wait(struct ledger *ledger, u64 lock)
{
	u64 ns;

	if (ledger->contended != lock)
		return;
	ledger->contended = 0;
	ns = ledger->stage_ns[IOPATH_STAGE_lock] - ledger->contention_ns;
	for (int i = 0; i < WAITED_LOCKS; i++) {
		struct waited_lock *known = &ledger->waited_locks[i];

		if (!known->site)
			known->site = ledger->contention_site;
		else if (known->site != ledger->contention_site)
			continue;
		known->waits++;
		known->ns += ns;
		if (ns > known->max_ns)
			known->max_ns = ns;
		return;
	}
	count_loss(IOPATH_LOSS_detail_full);
}

#endif
