/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests that failed. */
#ifndef IOPATH_BLOCK_ERRORS_BPF_H
#define IOPATH_BLOCK_ERRORS_BPF_H

#include "block_rows.bpf.h"

static __noinline int note_error(u32 row, u32 submitter, u32 status, u64 sector)
{
	struct iopath_block_error_key key = {.row = row, .status = status};
	struct iopath_block_error *known = bpf_map_lookup_elem(&block_errors, &key);

	if (!known) {
		struct iopath_block_error fresh = {.sector = sector};

		/* Another CPU may be faster: then its entry is there. */
		bpf_map_update_elem(&block_errors, &key, &fresh, BPF_NOEXIST);
		known = bpf_map_lookup_elem(&block_errors, &key);
	}
	if (!known) {
		count_block_loss(IOPATH_LOSS_detail_full);
		return 0;
	}
	__sync_fetch_and_add(&known->count, 1);
	known->last_sector = sector;
	known->submitter = submitter;
	return 0;
}

#endif
