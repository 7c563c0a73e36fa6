/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests on their way: how many are with the driver, in what order they go there, how
 * long the scheduler had them. */
#ifndef IOPATH_BLOCK_ORDER_BPF_H
#define IOPATH_BLOCK_ORDER_BPF_H

#include "block_rows.bpf.h"

/* A few streams may take turns. */
#define ENDS 4

/* Does a request begin where a recent one ended? CPUs may disturb each other here: the
 * share of sequential requests is an estimate. */
static __always_inline bool follows(struct iopath_block_order *order, u64 sector, u64 end)
{
	u64 free = order->next;

	for (int i = 0; i < ENDS; i++) {
		if (order->ends[i] == sector) {
			order->ends[i] = end;
			return true;
		}
	}
	order->ends[free & (ENDS - 1)] = end;
	order->next = free + 1;
	return false;
}

static __always_inline void enter_driver(struct request_slot *slot, struct request *rq, u64 now)
{
	u32 number = slot->row;
	struct iopath_block_row *row = block_row(number);
	struct iopath_block_order *order = bpf_map_lookup_elem(&block_orders, &number);
	u64 open, sector, waited = now - slot->inserted;

	if (!row || !order)
		return;
	row->open++;
	row->open_issued += now;
	__sync_fetch_and_add(&order->open, 1);
	open = *(volatile u64 *)&order->open;
	if (open > order->open_max)
		order->open_max = open;
	if (slot->inserted && now > slot->inserted) {
		row->scheduled++;
		row->scheduled_ns += waited;
		if (waited > row->scheduled_max_ns)
			row->scheduled_max_ns = waited;
	}
	if (!slot->bytes)
		return;
	sector = READ_FIELD(rq, request, __sector);
	row->located++;
	row->sequential += follows(order, sector, sector + (slot->bytes >> 9));
}

/* The request of this slot comes back: done, or to be issued again. */
static __always_inline void leave_driver(const struct request_slot *slot,
                                         struct iopath_block_row *row)
{
	u32 number = slot->row;
	struct iopath_block_order *order = bpf_map_lookup_elem(&block_orders, &number);

	row->open--;
	row->open_issued -= slot->issued;
	if (order)
		__sync_fetch_and_add(&order->open, -1);
}

#endif
