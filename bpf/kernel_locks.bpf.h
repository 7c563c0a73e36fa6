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

/* Makes the entry of a lock, if it has none; returns its key. */
static __always_inline u64 note_site(const struct iopath_kernel_lock *lock)
{
	u64 site = site_of(lock);

	if (!bpf_map_lookup_elem(&kernel_locks, &site))
		bpf_map_update_elem(&kernel_locks, &site, lock, BPF_NOEXIST);
	return site;
}

/* Kept in the ledger: it goes to the map with the stage itself, at the operation's end. */
VERIFIED_ONCE int add_waited_lock(struct ledger *ledger, u64 site, u64 ns)
{
	if (!ledger)
		return 0;
	for (int i = 0; i < WAITED_LOCKS; i++) {
		struct waited_lock *known = &ledger->waited_locks[i];

		if (!known->site)
			known->site = site;
		else if (known->site != site)
			continue;
		known->waits++;
		known->ns += ns;
		if (ns > known->max_ns)
			known->max_ns = ns;
		return 0;
	}
	count_loss(IOPATH_LOSS_detail_full);
	return 0;
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
	ledger->contention_site = note_site(&fresh);
	ledger->contention_ns = ledger->stage_ns[IOPATH_STAGE_lock];
}

static __always_inline void end_kernel_wait(struct ledger *ledger, u64 lock)
{
	if (ledger->contended != lock)
		return;
	ledger->contended = 0;
	add_waited_lock(ledger, ledger->contention_site,
	                ledger->stage_ns[IOPATH_STAGE_lock] - ledger->contention_ns);
}

/* A sleep that another task has ended, and no event told what for: by the sleeper's stack, which
 * stands still; the kernel leaves the scheduler's functions out. Untyped programs may not look at
 * another task's. */
static __always_inline void note_sleep(struct ledger *ledger, struct task_struct *sleeper, u64 ns)
{
#ifndef IOPATH_UNTYPED
	struct iopath_kernel_lock fresh = {.flags = IOPATH_LOCK_SLEEP, .row = ledger->place.row};

	if (bpf_get_task_stack(sleeper, fresh.callers, sizeof(fresh.callers), 0) < 0)
		count_loss(IOPATH_LOSS_read_failed);
	add_waited_lock(ledger, note_site(&fresh), ns);
#endif
}

#endif
