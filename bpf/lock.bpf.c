// SPDX-License-Identifier: GPL-2.0-only
/* Layer lock: contended kernel locks inside operations. */
#include "ledger.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* A mutex first spins, then begins again to block, with one end; a spin lock may
 * be contended while a sleeping lock is. */
static __always_inline int on_contention_begin(u64 lock, u32 flags)
{
	struct ledger *ledger = open_ledger_of_current();

	if (!ledger)
		return 0;
	if (flags & LCB_F_SPIN) {
		if (ledger->spin_lock)
			return 0;
		turn_page(ledger);
		ledger->spin_lock = lock;
		return 0;
	}
	if (ledger->spin_lock == lock) {
		turn_page(ledger);
		ledger->spin_lock = 0;
	}
	if (!ledger->blocking_lock)
		ledger->blocking_lock = lock;
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
	return 0;
}

SEC("?raw_tp/contention_begin")
int BPF_PROG(contention_begin__raw_tp, void *lock, unsigned int flags)
{
	return on_contention_begin((u64)lock, flags);
}

SEC("?raw_tp/contention_end")
int BPF_PROG(contention_end__raw_tp, void *lock)
{
	return on_contention_end((u64)lock);
}
