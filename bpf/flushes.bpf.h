/* SPDX-License-Identifier: GPL-2.0-only */
/* Flush sequences. A write with REQ_PREFLUSH or REQ_FUA goes to a device that lacks them as
 * a flush, the data, and another flush. The flushes are requests of their own, shared by all
 * who wait; the parent completes last, without an issue of its own. */
#ifndef IOPATH_FLUSHES_BPF_H
#define IOPATH_FLUSHES_BPF_H

#include "submitters.bpf.h"

static __always_inline void keep_flush(u32 dev, u64 issued)
{
	struct flush_history *history = bpf_map_lookup_elem(&flush_histories, &dev), fresh = {};

	if (!history) {
		bpf_map_update_elem(&flush_histories, &dev, &fresh, BPF_NOEXIST);
		history = bpf_map_lookup_elem(&flush_histories, &dev);
	}
	if (!history) {
		count_block_loss(IOPATH_LOSS_detail_full);
		return;
	}
	history->issued[history->next & (FLUSHES - 1)] = issued;
	history->next++;
}

/* When the sequence of a request allocated at `allocated` came to the driver: the first
 * flush since then, or `issued`. */
static __always_inline u64 sequence_start(u32 dev, u64 allocated, u64 issued)
{
	struct flush_history *history = bpf_map_lookup_elem(&flush_histories, &dev);

	if (!history)
		return issued;
	for (int i = 0; i < FLUSHES; i++) {
		u64 flush = history->issued[i];

		if (flush > allocated && (!issued || flush < issued))
			issued = flush;
	}
	return issued;
}

/* The row of the sequences of a device; with --by, of who asked for this one. */
static __noinline u32 sequence_row(void *disk, u32 submitter)
{
	struct iopath_block_key key = {.dev = disk_device(disk), .op = IOPATH_BLOCK_SEQUENCE};
	struct iopath_submitter *info = bpf_map_lookup_elem(&submitters, &submitter);

	if (info && submitter)
		key.scope = block_row_scope(&info->key);
	return block_row_number(&key, disk);
}

#endif
