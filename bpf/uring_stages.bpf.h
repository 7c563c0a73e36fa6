/* SPDX-License-Identifier: GPL-2.0-only */
/* The stages of a request of io_uring, made of its moments at its end. */
#ifndef IOPATH_URING_STAGES_BPF_H
#define IOPATH_URING_STAGES_BPF_H

#include "async_end.bpf.h"
#include "waits.bpf.h"

/* All workers have the same name but for a number: none need be asked for it. */
static __always_inline void name_worker(struct ledger *ledger, u64 ns)
{
	struct waited_for *worker = &ledger->waited_for[0]; /* nobody else is waited for */

	worker->comm[0] = 0x6b72772d756f69; /* "iou-wrk" */
	worker->comm[1] = 0;
	worker->stage = IOPATH_STAGE_helper;
	worker->ns += ns;
}

/* What a worker did, or waited for itself if that is the current thread. */
VERIFIED_ONCE int charge_worker(struct ledger *ledger, u64 begin, u64 end)
{
	struct task_struct *task = current_task();
	u64 rest = end - begin;

	if (!ledger || end <= begin)
		return 0;
	if (is_helper(task))
		rest = charge_helper_waits(ledger, NULL, find_ring(task), begin, end);
	if (!rest)
		return 0;
	charge(ledger, IOPATH_STAGE_helper, rest);
	name_worker(ledger, rest);
	return 0;
}

/* [begin, end] of running, up to a punt, and of a worker from then on. */
static __always_inline void charge_until(struct ledger *ledger, const struct iopath_async_op *op,
                                         u64 begin, u64 end, u32 stage)
{
	u64 punted = op->punted ?: end, middle = clamp(punted, begin, end);

	charge_part(ledger, NULL, begin, middle, stage);
	charge_worker(ledger, middle, end);
}

VERIFIED_ONCE int charge_bios(struct ledger *ledger, const struct iopath_async_op *op, u64 now)
{
	u64 queued, done, issued;

	if (!ledger || !op)
		return 0;
	queued = clamp(op->queued, op->start, now);
	done = clamp(op->done ?: now, queued, now);
	issued = clamp(op->flags & ASYNC_BIO_ONLY ? queued : op->issued ?: done, queued, done);
	charge_until(ledger, op, op->start, queued, IOPATH_STAGE_cpu);
	charge_part(ledger, NULL, queued, issued, IOPATH_STAGE_block_queue);
	charge_part(ledger, NULL, issued, done, IOPATH_STAGE_device);
	charge_until(ledger, op, done, now, IOPATH_STAGE_completion);
	return 0;
}

/* Waited for data or room. */
static __always_inline u32 arrival_stage(const struct ledger *ledger,
                                         const struct iopath_async_op *op)
{
	bool inet =
	    ledger->place.target == IOPATH_TARGET_tcp || ledger->place.target == IOPATH_TARGET_udp;

	if (!inet || op->flags & (ASYNC_LOOPBACK | ASYNC_BY_TASK))
		return IOPATH_STAGE_peer;
	return IOPATH_STAGE_network;
}

VERIFIED_ONCE int charge_poll(struct ledger *ledger, const struct iopath_async_op *op, u64 now)
{
	u64 armed, woken, arrived;

	if (!ledger || !op)
		return 0;
	armed = clamp(op->armed, op->start, now);
	woken = clamp(op->woken > op->armed ? op->woken : now, armed, now);
	arrived = clamp(op->arrived ?: woken, armed, woken);
	charge_until(ledger, op, op->start, armed, IOPATH_STAGE_cpu);
	charge_part(ledger, NULL, armed, arrived, arrival_stage(ledger, op));
	charge_part(ledger, NULL, arrived, woken, IOPATH_STAGE_net_rx);
	charge_until(ledger, op, woken, now, IOPATH_STAGE_completion);
	return 0;
}

/* Neither asked a device nor waited for a descriptor. `submitting`: the thread that
 * submitted it has done nothing else since. */
static __always_inline void charge_rest(struct ledger *ledger, const struct iopath_async_op *op,
                                        u64 now, u32 submitting)
{
	if (op->punted || submitting)
		charge_until(ledger, op, op->start, now, IOPATH_STAGE_cpu);
	else
		charge_part(ledger, NULL, op->start, now, IOPATH_STAGE_other);
}

/* What the moments of a request that ends now say. */
VERIFIED_ONCE int charge_request_of_ring(struct ledger *ledger, const struct iopath_async_op *op,
                                         u64 now, u32 submitting)
{
	if (!ledger || !op)
		return 0;
	ledger->start = op->start; /* or nothing would be charged */
	if (op->queued >= op->start)
		charge_bios(ledger, op, now);
	else if (op->armed)
		charge_poll(ledger, op, now);
	else
		charge_rest(ledger, op, now, submitting);
	return 0;
}

#endif
