/* SPDX-License-Identifier: GPL-2.0-only */
/* The end of an asynchronous request: its moments become stages, which are added to its row. */
#ifndef IOPATH_ASYNC_END_BPF_H
#define IOPATH_ASYNC_END_BPF_H

#include "async_maps.bpf.h"
#include "async_compat.bpf.h"
#include "latency.bpf.h"
#include "operation.bpf.h"
#include "scope.bpf.h"

static __always_inline struct iopath_async *async_counts_of(u32 interface)
{
	return bpf_map_lookup_elem(&async_counts, &interface);
}

/* From now on layer block looks at bios. */
static __always_inline void use_async(struct async_state *state)
{
	if (!state->used)
		state->used = 1;
}

/* The ledger in which this context adds up. */
static __always_inline struct ledger *async_ledger(u32 interface)
{
	struct cpu_state *cpu = this_cpu();
	u32 index = interface * CONTEXTS;

	if (!cpu)
		return NULL;
	index += current_context(cpu);
	return bpf_map_lookup_elem(&async_ledgers, &index);
}

/* ---- where it is counted -------------------------------------------------------------- */

static __noinline int add_async_top(u32 tgid, u32 row, u64 ns)
{
	struct iopath_top_key key = {.tgid = tgid, .row = row};
	struct iopath_top *known = bpf_map_lookup_elem(&tops, &key), fresh = {};
	struct task_struct *task = current_task();

	if (!known) {
		if (TASK(task, tgid) == tgid)
			read_comm(fresh.comm, named_task(task));
		bpf_map_update_elem(&tops, &key, &fresh, BPF_NOEXIST);
		known = bpf_map_lookup_elem(&tops, &key);
	}
	if (known)
		__sync_fetch_and_add(&known->ns, ns);
	else
		count_loss(IOPATH_LOSS_detail_full);
	return 0;
}

/* The row of a file for a request of some thread. */
static __always_inline struct row_place async_place(struct row_cache *slot,
                                                    const struct iopath_async_op *op,
                                                    struct file_identity id, u32 peer)
{
	struct row_place place;
	struct file_identity copy = id;
	u32 op_by = OP_BY(op->op, op->interface);

	if (!is_wanted_device(id.dev)) /* never kept: a mount may come */
		return (struct row_place){.row = IOPATH_UNWANTED_ROW};
	if (peer == IOPATH_NO_PEER_TARGET && slot->place.row && slot->kind == id.kind &&
	    slot->dev == id.dev && slot->fs_type == id.fs_type && slot->scope == op->scope)
		return slot->place;
	if (find_row(slot, &copy, op_by, peer, op->scope))
		return slot->place;
	count_loss(IOPATH_LOSS_map_full);
	place = slot->place;
	place.row = 1 + op->op;
	return place;
}

/* ---- the end ---------------------------------------------------------------------------- */

/* Moves one stage of a ledger to its row. */
VERIFIED_ONCE u64 add_stage(struct ledger *ledger, struct iopath_row *row, u32 stage)
{
	u64 ns;

	if (!ledger || !row || stage >= IOPATH_STAGE_COUNT)
		return 0;
	ns = ledger->stage_ns[stage];
	ledger->stage_ns[stage] = 0;
	row->stage_ns[stage] += ns;
	if (ns)
		count_stage(ledger->place.row, stage, ns);
	return ns;
}

/* close_mixed() in fewer instructions, as one call more for each stage does not matter here. */
VERIFIED_ONCE int add_stages(struct ledger *ledger, struct iopath_row *row, u64 wall)
{
	u64 sum = 0, wrong = 0;

	if (!ledger || !row)
		return 0;
	for (u32 stage = 0; stage < IOPATH_STAGE_COUNT; stage++) {
		u64 ns = add_stage(ledger, row, stage);

		sum += ns;
		wrong |= below(wall, ns);
	}
	if (wrong || sum != wall)
		row->imbalanced++;
	row->residual_ns += sum > wall ? sum - wall : wall - sum;
	row->mixed_ns += wall;
	row->mixed[bucket_of(wall) & (IOPATH_BUCKETS - 1)]++;
	if (wall > row->max_ns)
		row->max_ns = wall;
	row->flush_ns += ledger->flush_ns;
	return 0;
}

/* Adds a request that ended at `now` up; its ledger knows its place and its stages. */
static __always_inline int add_async(struct ledger *ledger, const struct iopath_async_op *op,
                                     u64 now)
{
	struct iopath_row *row;
	u64 wall;
	u32 key;

	if (!ledger || !op)
		return 0;
	ledger->start = 0;
	key = ledger->place.row;
	row = key == IOPATH_UNWANTED_ROW ? NULL : bpf_map_lookup_elem(&rows, &key);
	if (!row) {
		forget_operation(ledger);
		return 0;
	}
	wall = span(op->start, now);
	add_stages(ledger, row, wall);
	write_vias(ledger);
	clear_marks(ledger);
	add_async_top(op->tgid, key, wall);
	return 0;
}

static __always_inline void add_in_flight(u32 interface, u64 requests)
{
	struct async_state *state = async_state();
	struct iopath_async *counts = async_counts_of(interface);
	u64 now;

	if (!state || !counts || interface >= IOPATH_INTERFACE_COUNT)
		return;
	__sync_fetch_and_add(&state->in_flight[interface], requests);
	now = *(volatile u64 *)&state->in_flight[interface];
	if ((s64)now > (s64)counts->in_flight_max)
		counts->in_flight_max = now;
}

/* From now on a request is in flight; false where there is no room. One that is there already
 * has ended without a word to us. */
static __always_inline bool add_async_op(u64 key, const struct iopath_async_op *op)
{
	bool known = find_async(key);

	if (bpf_map_update_elem(&async_ops, &key, op, BPF_ANY)) {
		count_loss(IOPATH_LOSS_no_storage);
		return false;
	}
	if (known)
		count_loss(IOPATH_LOSS_no_end);
	else
		add_in_flight(op->interface, 1);
	return true;
}

static __always_inline void forget_async_op(u64 key, u32 interface)
{
	if (!bpf_map_delete_elem(&async_ops, &key))
		add_in_flight(interface, -1ULL);
}

VERIFIED_ONCE int add_to(struct iopath_latency *sums, u64 ns)
{
	if (sums)
		count_latency(sums, ns);
	return 0;
}

/* The application has taken a completion. */
__noinline int count_reap(u32 interface, u64 start, u64 completed, u64 now)
{
	struct iopath_async *counts = async_counts_of(interface);

	if (!counts)
		return 0;
	add_to(&counts->reap, span(completed, now));
	add_to(&counts->total, span(start, now));
	return 0;
}

/* A call has submitted some. */
__noinline int count_batch(u32 interface, u64 requests)
{
	struct iopath_async *counts = async_counts_of(interface);
	u64 bucket = highest_bit(requests * 2 - 1); /* the next power of two */

	if (!counts)
		return 0;
	counts->batches++;
	counts->batched += requests;
	if (requests > counts->batch_max)
		counts->batch_max = requests;
	counts->batch[bucket < IOPATH_BATCH_BUCKETS ? bucket : IOPATH_BATCH_BUCKETS - 1]++;
	return 0;
}

#endif
