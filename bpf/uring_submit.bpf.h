/* SPDX-License-Identifier: GPL-2.0-only */
/* How requests of io_uring begin. */
#ifndef IOPATH_URING_SUBMIT_BPF_H
#define IOPATH_URING_SUBMIT_BPF_H

#include "async_end.bpf.h"
#include "async_failures.bpf.h"
#include "scope.bpf.h"
#include "uring_calls.bpf.h"
#include "uring_reap.bpf.h"

static __always_inline struct ledger *submitter(struct task_struct *task)
{
	if (!(TASK(task, flags) & PF_IO_WORKER))
		return ledger_in_scope(task);
	return process_in_scope(task) ? make_ledger(task) : NULL;
}

static __always_inline bool can_be_multishot(u64 request, struct uring_call call)
{
	if (!(call.flags & URING_MULTISHOT))
		return false;
	if (call.op == IOPATH_OP_recv)
		return recv_is_multishot(request);
	return true;
}

/* Completions that are not its last do not name the request. */
static __always_inline void note_multishot(struct iopath_async_op *op, u64 key)
{
	struct multishot_key known_by = {op->context, op->user_data};

	op->flags |= ASYNC_MULTISHOT;
	if (bpf_map_update_elem(&async_multishots, &known_by, &key, BPF_ANY))
		count_loss(IOPATH_LOSS_no_storage);
}

/* A file that will be gone when the request has ended. */
VERIFIED_ONCE int place_closed(struct iopath_async_op *op, u64 request)
{
	struct ledger *scratch = async_ledger(IOPATH_INTERFACE_io_uring);
	struct file_identity id = UNKNOWN_FILE;
	struct row_place place;

	if (!op || !HAS_KERNEL_FIELD(close_fd) || !scratch)
		return 0;
	if (!HAS_KERNEL_FIELD(close_slot) || !(u32)KERNEL_FIELD(request, close_slot))
		id = identify_fd(files_of_current(), KERNEL_FIELD(request, close_fd));
	place = async_place(&scratch->cache[IOPATH_OP_close], op, forget_values(id),
	                    IOPATH_NO_PEER_TARGET);
	op->row = place.row;
	op->target = place.target;
	return 0;
}

static __always_inline void fill_in(struct iopath_async_op *op, u64 request, u32 flags)
{
	op->request = request;
	op->context = KERNEL_FIELD(request, request_ring);
	op->user_data = uring_user_data(request);
	op->scope = row_scope(current_task());
	op->tgid = TASK(current_task(), tgid);
	if (flags & (REQ_F_LINK | REQ_F_HARDLINK))
		op->flags |= ASYNC_LINKED;
	if (flags & REQ_F_FORCE_ASYNC)
		op->flags |= ASYNC_FORCED;
}

/* Of a chain all requests are submitted, and then the first is begun; the others are when the
 * one before them has ended. */
VERIFIED_ONCE int open_request(struct ledger *ledger, u64 request, u64 now)
{
	struct iopath_async *counts = async_counts_of(IOPATH_INTERFACE_io_uring);
	struct iopath_async_op *op;
	u32 flags, opcode, zero = 0;
	struct uring_call call;
	bool leads;
	u64 key;

	op = bpf_map_lookup_elem(&async_fresh, &zero);
	if (!ledger || !op || !counts)
		return 0;
	opcode = (u8)KERNEL_FIELD(request, request_opcode);
	call = uring_call_of(opcode);
	flags = KERNEL_FIELD(request, request_flags);
	leads = !ledger->async.in_chain;
	ledger->async.in_chain = flags & (REQ_F_LINK | REQ_F_HARDLINK);
	if (leads)
		ledger->async.now = ASYNC_NO_IO;
	if (!(call.flags & URING_KNOWN) ||
	    (config.only_op != IOPATH_NO_OP && config.only_op != call.op))
		return 0;
	__builtin_memset(op, 0, sizeof(*op));
	op->start = now;
	op->interface = IOPATH_INTERFACE_io_uring;
	op->opcode = opcode;
	op->op = call.op;
	fill_in(op, request, flags);
	if (call.file == URING_CLOSED)
		place_closed(op, request);
	key = uring_key(request);
	if (can_be_multishot(request, call))
		note_multishot(op, key);
	counts->submitted++;
	if (!add_async_op(key, op))
		return 0;
	if (leads)
		ledger->async.now = key;
	if (names_by_path(opcode))
		keep_name(key, request, opcode);
	return 0;
}

static __always_inline int on_submit(u64 req)
{
	struct async_state *state = async_state();
	struct ledger *ledger;
	u64 now;

	ledger = submitter(current_task());
	if (!ledger || !state)
		return 0;
	use_async(state);
	now = bpf_ktime_get_ns();
	if (!ledger->async.now) {
		ledger->async.since = now;
		ledger->async.in_chain = 0;
	}
	preempt_off();
	open_request(ledger, req, now);
	preempt_on();
	look_at_head(KERNEL_FIELD(req, request_ring));
	return 0;
}

#endif
