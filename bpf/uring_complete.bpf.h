/* SPDX-License-Identifier: GPL-2.0-only */
/* How requests of io_uring end. */
#ifndef IOPATH_URING_COMPLETE_BPF_H
#define IOPATH_URING_COMPLETE_BPF_H

#include "async_failures.bpf.h"
#include "async_pages.bpf.h"
#include "uring_calls.bpf.h"
#include "uring_reap.bpf.h"
#include "uring_stages.bpf.h"

/* Into memory, so that the verifier does not tell one kind of file from another. 0: none. */
VERIFIED_ONCE int identify_into(struct file_identity *id, u64 file, bool own)
{
	if (!id)
		return 0;
	*id = file ? identify_file((void *)file, own) : UNKNOWN_FILE;
	return 0;
}

/* Of the current process. */
static __always_inline u64 file_of_fd(u32 fd)
{
	return address_of(file_at(files_of_current(), fd));
}

static __always_inline u64 spliced_from(u64 request)
{
	if (!HAS_KERNEL_FIELD(splice_input) ||
	    KERNEL_FIELD(request, splice_flags) & SPLICE_F_FD_IN_FIXED)
		return 0;
	return file_of_fd(KERNEL_FIELD(request, splice_input));
}

/* The target of a splice is the end that is no pipe, or the output. Returns the other's. */
VERIFIED_ONCE int order_ends(struct file_identity *id, struct file_identity *input)
{
	struct file_identity output;

	if (!id || !input)
		return 0;
	output = *id;
	if (target_of(output) != IOPATH_TARGET_pipe || target_of(*input) == IOPATH_TARGET_pipe)
		return target_of(*input);
	*id = *input;
	return IOPATH_TARGET_pipe;
}

/* Descriptors mean something in threads of the same process only. An open that gives 0 has
 * put its file into the ring's own table. */
VERIFIED_ONCE int place_operation(struct ledger *ledger, struct iopath_async_op *op, long result)
{
	struct file_identity id = path_identity(), input = {};
	u32 from, kind, peer = IOPATH_NO_PEER_TARGET;
	bool at_home;

	if (!ledger || !op)
		return 0;
	kind = op->op;
	asm volatile("" : "+r"(kind));
	if (kind >= IOPATH_OP_COUNT)
		return 0;
	if (op->row) {
		ledger->place = (struct row_place){.row = op->row, .target = op->target};
		return 0;
	}
	at_home = TASK(current_task(), tgid) == op->tgid;
	from = uring_call_of(op->opcode).file;
	if (from == URING_FILE || from == URING_BOTH)
		identify_into(&id, uring_file(op->request), at_home);
	else if (from == URING_RESULT && at_home && result > 0)
		identify_into(&id, file_of_fd(result), true);
	if (from == URING_BOTH) {
		identify_into(&input, at_home ? spliced_from(op->request) : 0, true);
		peer = order_ends(&id, &input);
	}
	ledger->place = async_place(&ledger->cache[kind], op, id, peer);
	return 0;
}

/* What is linked behind it begins now, in this thread: until here it was the application
 * that had it wait. */
static __always_inline void begin_next(u64 request, u64 now)
{
	u64 next = KERNEL_FIELD(request, request_link);
	struct ledger *ledger = find_ledger(current_task());
	u64 key = next ? uring_key(next) : 0;
	struct iopath_async_op *op = next ? find_async(key) : NULL;

	if (!op || op->queued || op->punted)
		return;
	op->start = now;
	if (!ledger)
		return;
	ledger->async.now = key;
	ledger->async.since = now;
}

/* Still in the submission of which it was a part? */
static __always_inline bool submits_still(const struct iopath_async_op *op)
{
	struct ledger *ledger = find_ledger(current_task());

	return ledger && ledger->async.now && ledger->async.since <= op->start;
}

/* A part of a multishot request: what follows is another one. */
static __always_inline void begin_shot(struct iopath_async_op *op, u64 now)
{
	op->start = now;
	if (op->armed)
		op->armed = now;
	op->woken = 0;
	op->queued = 0;
	op->issued = 0;
	op->done = 0;
}

__noinline int end_request(u64 key, long result, u64 now)
{
	struct ledger *ledger = async_ledger(IOPATH_INTERFACE_io_uring);
	struct iopath_async *counts = async_counts_of(IOPATH_INTERFACE_io_uring);
	struct iopath_async_op *op = find_async(key);
	struct iopath_row *row;
	u32 number;

	if (!ledger || !counts || !op)
		return 0;
	place_operation(ledger, op, result);
	number = ledger->place.row;
	row = bpf_map_lookup_elem(&rows, &number);
	if (row) {
		if (count_result(
		        row,
		        uring_call_of(op->opcode).flags & URING_BYTES ? IOPATH_SYSCALL_BYTES : 0,
		        result))
			count_failed_request(key, number, -result, span(op->start, now));
		if (op->op == IOPATH_OP_read && (ledger->place.target == IOPATH_TARGET_file ||
		                                 ledger->place.target == IOPATH_TARGET_blockdev))
			count_pages_of_read(op, row, result, ledger->place.file_flags);
	}
	charge_request_of_ring(ledger, op, now, submits_still(op));
	add_async(ledger, op, now);
	counts->completed++;
	return 0;
}

static __always_inline int on_complete(u64 key, long result)
{
	struct iopath_async_op *op = find_async(key);
	struct multishot_key known_by;
	u64 now = bpf_ktime_get_ns();

	if (!op)
		return 0;
	note_posted(op->context, op->start, now);
	preempt_off();
	end_request(key, result, now);
	preempt_on();
	if (op->flags & ASYNC_LINKED)
		begin_next(op->request, now);
	if (op->flags & ASYNC_MULTISHOT) {
		known_by = (struct multishot_key){op->context, op->user_data};
		bpf_map_delete_elem(&async_multishots, &known_by);
	}
	forget_request_name(key, op->opcode);
	forget_async_op(key, IOPATH_INTERFACE_io_uring);
	return 0;
}

/* A completion that names no request: one of several of a multishot request. */
static __always_inline int on_shot(u64 context, u64 user_data, long result)
{
	struct multishot_key known_by = {context, user_data};
	struct iopath_async *counts = async_counts_of(IOPATH_INTERFACE_io_uring);
	u64 *known = bpf_map_lookup_elem(&async_multishots, &known_by), key, now;
	struct iopath_async_op *op;

	if (!known || !counts)
		return 0;
	key = *known;
	op = find_async(key);
	if (!op)
		return 0;
	now = bpf_ktime_get_ns();
	note_posted(context, op->start, now);
	preempt_off();
	end_request(key, result, now);
	preempt_on();
	counts->shots++;
	begin_shot(op, now);
	return 0;
}

static __always_inline int on_posted(u64 context, u64 req, u64 user_data, long result)
{
	if (req)
		return on_complete(uring_key(req), result);
	return on_shot(context, user_data, result);
}

#endif
