/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests on their way: how many are with the driver, in what order they go there, how
 * long the scheduler had them. */
#ifndef IOPATH_BLOCK_ORDER_BPF_H
#define IOPATH_BLOCK_ORDER_BPF_H

#include "block_rows.bpf.h"

/* Does a request begin where a recent one ended? A stream that moves to another CPU is taken for
 * a new one once. */
static __always_inline bool follows(struct iopath_block_row *row, u64 sector, u64 end)
{
	u64 free = row->next_end;

	for (int i = 0; i < IOPATH_STREAMS; i++) {
		if (row->ends[i] == sector) {
			row->ends[i] = end;
			return true;
		}
	}
	row->ends[free & (IOPATH_STREAMS - 1)] = end;
	row->next_end = free + 1;
	return false;
}

/* A device gets something to do. What is open is a level, not a sum: an addition that an
 * interrupt's completion undoes midway would leave it wrong for good, by a whole time stamp. Hence
 * in one instruction each. */
static __always_inline void enter_device(struct iopath_block_row *row, u64 now, u64 sector,
                                         u32 bytes)
{
	__sync_fetch_and_add(&row->open, 1);
	__sync_fetch_and_add(&row->open_issued, now);
	if (!bytes)
		return;
	row->located++;
	row->sequential += follows(row, sector, sector + (bytes >> 9));
}

/* It is done with what it got at `since`, or gives it back. */
static __always_inline void leave_device(struct iopath_block_row *row, u64 since)
{
	__sync_fetch_and_add(&row->open, -1ULL);
	__sync_fetch_and_add(&row->open_issued, -since);
}

static __always_inline void enter_driver(struct request_slot *slot, struct request *rq, u64 now)
{
	struct iopath_block_row *row = block_row(slot->row);
	u64 waited = now - slot->inserted;

	if (!row)
		return;
	if (slot->inserted && now > slot->inserted) {
		row->scheduled++;
		row->scheduled_ns += waited;
		if (waited > row->scheduled_max_ns)
			row->scheduled_max_ns = waited;
	}
	enter_device(row, now, READ_FIELD(rq, request, __sector), slot->bytes);
}

#endif
