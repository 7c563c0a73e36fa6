/* SPDX-License-Identifier: GPL-2.0-only */
/* Who was waited for. */
#ifndef IOPATH_VIA_BPF_H
#define IOPATH_VIA_BPF_H

#include "threads.bpf.h"

static __always_inline void add_via(const struct iopath_via_key *key, u64 ns)
{
	u64 *sum = bpf_map_lookup_elem(&vias, key);

	if (!sum) {
		u64 zero = 0;

		bpf_map_update_elem(&vias, key, &zero, BPF_NOEXIST);
		sum = bpf_map_lookup_elem(&vias, key);
		if (!sum) {
			count_loss(IOPATH_LOSS_detail_full);
			return;
		}
	}
	__sync_fetch_and_add(sum, ns);
}

/* Notes that `ns` of `stage` were a wait for the current thread. One name is kept in
 * the ledger, so that a chatty pipe costs one dictionary look-up per operation; a
 * second one is written out at once, unless the row is not known yet (open). */
VERIFIED_ONCE int note_via(struct ledger *ledger, u32 stage, u64 ns)
{
	struct task_struct *waker = current_task();
	struct iopath_via_key key = {.stage = stage};

	if (!ledger)
		return 0;
	key.row = ledger->place.row;
	read_comm(key.comm, waker);
	if (ledger->via_ns &&
	    (ledger->via.stage != stage || *(u64 *)key.comm != *(u64 *)ledger->via.comm ||
	     *(u64 *)(key.comm + 8) != *(u64 *)(ledger->via.comm + 8))) {
		if (key.row)
			add_via(&key, ns);
		return 0;
	}
	ledger->via = key;
	ledger->via_ns += ns;
	return 0;
}

#endif
