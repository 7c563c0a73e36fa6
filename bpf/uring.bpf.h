/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests of io_uring from their submission to their completion. The arguments are numbers
 * to us: raw tracepoints, whose programs are the same for all kernels. Part of layer syscall:
 * an object of its own would cost 40 ms more at the start. */
#ifndef IOPATH_URING_BPF_H
#define IOPATH_URING_BPF_H

#include "uring_complete.bpf.h"
#include "uring_submit.bpf.h"

/* ---- on the way --------------------------------------------------------------------------- */

static __always_inline u32 punt_reason(const struct iopath_async_op *op)
{
	if (uring_call_of(op->opcode).flags & URING_ALWAYS)
		return IOPATH_PUNT_always;
	return op->flags & ASYNC_FORCED ? IOPATH_PUNT_asked : IOPATH_PUNT_would_block;
}

static __always_inline int on_punt(u64 req)
{
	struct iopath_async_op *op = find_async(uring_key(req));
	struct iopath_async *counts = async_counts_of(IOPATH_INTERFACE_io_uring);

	if (!op || !counts || op->punted)
		return 0;
	op->punted = bpf_ktime_get_ns();
	counts->punted[punt_reason(op)]++;
	return 0;
}

static __always_inline int on_poll_arm(u64 key)
{
	struct iopath_async_op *op = find_async(key);

	if (op && !op->armed)
		op->armed = bpf_ktime_get_ns();
	return 0;
}

/* Its descriptor is ready: by a packet that is being delivered, or by a task. */
static __always_inline int on_poll_wake(u64 key)
{
	struct iopath_async_op *op = find_async(key);
	struct cpu_state *cpu = this_cpu();
	enum context context;

	if (!op || !cpu)
		return 0;
	context = current_context(cpu);
	op->woken = bpf_ktime_get_ns();
	op->arrived = 0;
	op->flags &= ~(ASYNC_PACKET | ASYNC_LOOPBACK | ASYNC_BY_TASK);
	if (cpu->packet_context == 1 + context && context != IN_TASK) {
		op->flags |= ASYNC_PACKET | (cpu->packet_loopback ? ASYNC_LOOPBACK : 0);
		op->arrived = cpu->softirq_arrival;
	} else if (context == IN_TASK) {
		op->flags |= ASYNC_BY_TASK;
	}
	return 0;
}

/* ---- programs ------------------------------------------------------------------------------- */

/* 6.3 */
SEC("?raw_tp/io_uring_submit_req")
int uring_submit__raw_tp(u64 *ctx)
{
	return on_submit(ctx[0]);
}

/* (req, force_nonblock) since 6.0 */
SEC("?raw_tp/io_uring_submit_sqe")
int uring_submit__raw_tp_2(u64 *ctx)
{
	return on_submit(ctx[0]);
}

/* (context, req, ...) since 5.12, and the later ones of 5.10 */
SEC("?raw_tp/io_uring_submit_sqe")
int uring_submit__raw_tp_7(u64 *ctx)
{
	return on_submit(ctx[1]);
}

/* (context, req, cqe) since 6.16 */
SEC("?raw_tp/io_uring_complete")
int uring_complete__raw_tp(u64 *ctx)
{
	return on_posted(ctx[0], ctx[1], cqe_user_data(ctx[2]), cqe_result(ctx[2]));
}

/* (context, req, user_data, result, flags, ...) */
SEC("?raw_tp/io_uring_complete")
int uring_complete__raw_tp_7(u64 *ctx)
{
	return on_posted(ctx[0], ctx[1], ctx[2], (s32)ctx[3]);
}

/* (context, user_data, result, flags) before 5.15 */
SEC("?raw_tp/io_uring_complete")
int uring_complete__raw_tp_4(u64 *ctx)
{
	return on_complete(uring_key_of_numbers(ctx[0], ctx[1]), (s32)ctx[2]);
}

/* (req, ...) since 6.0 */
SEC("?raw_tp/io_uring_queue_async_work")
int uring_punt__raw_tp(u64 *ctx)
{
	return on_punt(ctx[0]);
}

/* (context, rw, req, work, flags) */
SEC("?raw_tp/io_uring_queue_async_work")
int uring_punt__raw_tp_5(u64 *ctx)
{
	return on_punt(ctx[2]);
}

/* (req, mask, events) since 6.0 */
SEC("?raw_tp/io_uring_poll_arm")
int uring_poll_arm__raw_tp(u64 *ctx)
{
	return on_poll_arm(uring_key(ctx[0]));
}

/* (context, req, opcode, user_data, mask, events) */
SEC("?raw_tp/io_uring_poll_arm")
int uring_poll_arm__raw_tp_6(u64 *ctx)
{
	return on_poll_arm(uring_key(ctx[1]));
}

/* (req, mask) since 6.0 */
SEC("?raw_tp/io_uring_task_add")
int uring_poll_wake__raw_tp(u64 *ctx)
{
	return on_poll_wake(uring_key(ctx[0]));
}

/* (context, opcode, user_data, mask) */
SEC("?raw_tp/io_uring_task_add")
int uring_poll_wake__raw_tp_4(u64 *ctx)
{
	return on_poll_wake(uring_key_of_numbers(ctx[0], ctx[2]));
}

/* The submitter has submitted all it had, and waits. */
SEC("?raw_tp/io_uring_cqring_wait")
int uring_wait__raw_tp(u64 *ctx)
{
	struct ledger *ledger = find_ledger(current_task());

	if (ledger)
		ledger->async.now = ASYNC_NOTHING;
	return 0;
}

#endif
