// SPDX-License-Identifier: GPL-2.0-only
/* Layer lock: contended kernel locks inside operations, and waits for locks of files. */
#include "file_locks.bpf.h"
#include "kernel_locks.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* A mutex first spins, then begins again to block, with one end; a spin lock may
 * be contended while a sleeping lock is. */
static __always_inline int on_contention_begin(void *ctx, u64 lock, u32 flags)
{
	struct ledger *ledger = open_ledger_of_current();

	if (!ledger)
		return 0;
	if (flags & LCB_F_SPIN) {
		if (ledger->spin_lock)
			return 0;
		turn_page(ledger);
		ledger->spin_lock = lock;
		begin_kernel_wait(ctx, ledger, lock, flags);
		return 0;
	}
	if (ledger->spin_lock == lock) {
		turn_page(ledger);
		ledger->spin_lock = 0;
	}
	if (!ledger->blocking_lock)
		ledger->blocking_lock = lock;
	begin_kernel_wait(ctx, ledger, lock, flags);
	return 0;
}

static __always_inline int on_contention_end(u64 lock)
{
	struct ledger *ledger = open_ledger_of_current();

	if (!ledger)
		return 0;
	if (ledger->spin_lock == lock) {
		turn_page(ledger);
		ledger->spin_lock = 0;
	}
	if (ledger->blocking_lock == lock)
		ledger->blocking_lock = 0;
	end_kernel_wait(ledger, lock);
	return 0;
}

SEC("?raw_tp/contention_begin")
int BPF_PROG(contention_begin__raw_tp, void *lock, unsigned int flags)
{
	return on_contention_begin(ctx, (u64)lock, flags);
}

SEC("?raw_tp/contention_end")
int BPF_PROG(contention_end__raw_tp, void *lock)
{
	return on_contention_end((u64)lock);
}

/* Where a lock is asked for; the result says whether its caller has to wait. */
SEC("?raw_tp/flock_lock_inode")
int flock_wait__raw_tp(u64 *ctx)
{
	return (int)ctx[2] == FILE_LOCK_DEFERRED
	           ? UNDISTURBED(on_lock_wait((void *)ctx[0], (void *)ctx[1], false))
	           : 0;
}

SEC("?raw_tp/posix_lock_inode")
int posix_wait__raw_tp(u64 *ctx)
{
	return (int)ctx[2] == FILE_LOCK_DEFERRED
	           ? UNDISTURBED(on_lock_wait((void *)ctx[0], (void *)ctx[1], false))
	           : 0;
}

/* An open or a truncation that another's lease is in the way of. */
SEC("?raw_tp/break_lease_block")
int lease_wait__raw_tp(u64 *ctx)
{
	return UNDISTURBED(on_lock_wait((void *)ctx[0], (void *)ctx[1], true));
}
