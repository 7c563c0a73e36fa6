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

/* Notes that `ns` of `stage` were a wait for the current thread. They go to the map with
 * the stage itself, at the operation's end. */
VERIFIED_ONCE int note_via(struct ledger *ledger, u32 stage, u64 ns)
{
	struct waited_for waker = {.stage = stage};

	if (!ledger)
		return 0;
	read_comm((char *)waker.comm, current_task());
	for (int i = 0; i < WAITED_FOR; i++) {
		struct waited_for *known = &ledger->waited_for[i];

		if (!known->ns)
			*known = waker;
		else if (known->stage != stage || known->comm[0] != waker.comm[0] ||
		         known->comm[1] != waker.comm[1])
			continue;
		known->ns += ns;
		break;
	}
	return 0;
}

static __always_inline void forget_vias(struct ledger *ledger)
{
	for (int i = 0; i < WAITED_FOR; i++)
		ledger->waited_for[i].ns = 0;
}

static __always_inline void write_vias(const struct ledger *ledger)
{
	for (int i = 0; i < WAITED_FOR; i++) {
		const struct waited_for *known = &ledger->waited_for[i];
		/* On the stack: 6.1 refuses a map's key in an argument's memory. */
		struct iopath_via_key key = {.row = ledger->place.row, .stage = known->stage};

		if (!known->ns)
			break;
		__builtin_memcpy(key.comm, known->comm, sizeof(key.comm));
		add_via(&key, known->ns);
	}
}

#endif
