/* SPDX-License-Identifier: GPL-2.0-only */
/* libaio has no events of its own: its requests are read from the application's memory as it
 * submits them, their completions as it takes them, and what lies between is known by their
 * bios. */
#ifndef IOPATH_AIO_BPF_H
#define IOPATH_AIO_BPF_H

#include "async_end.bpf.h"
#include "async_failures.bpf.h"
#include "waits.bpf.h"

/* Requests of one call that are followed: this to the third power. Those beyond are counted
 * as lost. */
#define AIO_CHUNK 16

/* include/uapi/linux/aio_abi.h: of struct iocb, what says what and where. */
#define AIO_IOCB_OPCODE 16
struct aio_iocb {
	u16 opcode;
	u16 priority;
	u32 fd;
};
struct aio_event {
	u64 data;
	u64 iocb;
	s64 result;
	s64 result2;
};

static const u8 aio_ops[9] = {
    [0] = 1 + IOPATH_OP_read, [1] = 1 + IOPATH_OP_write, [2] = 1 + IOPATH_OP_sync,
    [3] = 1 + IOPATH_OP_sync, [7] = 1 + IOPATH_OP_read,  [8] = 1 + IOPATH_OP_write,
};

/* The application's pages may be away: nobody waits for them here. */
#define READ_USER(value, address)                                                                  \
	({                                                                                         \
		long failed_ = bpf_probe_read_user(value, sizeof(*(value)), (void *)(address));    \
		if (failed_)                                                                       \
			count_loss(IOPATH_LOSS_read_failed);                                       \
		!failed_;                                                                          \
	})

static __always_inline bool place_aio(struct iopath_async_op *op, u32 fd)
{
	struct ledger *scratch = async_ledger(IOPATH_INTERFACE_libaio);
	struct row_place place;
	u32 kind = op->op;

	asm volatile("" : "+r"(kind));
	if (!scratch || kind >= IOPATH_OP_COUNT)
		return false;
	place =
	    async_place(&scratch->cache[kind], op,
	                forget_values(identify_fd(files_of_current(), fd)), IOPATH_NO_PEER_TARGET);
	op->row = place.row;
	op->target = place.target;
	return true;
}

__noinline int open_iocb(u64 slot, u64 now)
{
	struct iopath_async_op *op;
	struct aio_iocb iocb = {};
	u64 address = 0, key;
	u32 zero = 0;
	u8 known;

	op = bpf_map_lookup_elem(&async_fresh, &zero);
	if (!op || !READ_USER(&address, slot) || !READ_USER(&iocb, address + AIO_IOCB_OPCODE))
		return 0;
	known = iocb.opcode < sizeof(aio_ops) ? aio_ops[iocb.opcode] : 0;
	if (!known || (config.only_op != IOPATH_NO_OP && config.only_op != known - 1))
		return 0;
	__builtin_memset(op, 0, sizeof(*op));
	op->start = now;
	op->interface = IOPATH_INTERFACE_libaio;
	op->op = known - 1;
	op->opcode = iocb.opcode;
	if (op->op == IOPATH_OP_sync)
		op->flags = ASYNC_LATER; /* a worker does it */
	op->scope = row_scope(current_task());
	op->tgid = TASK(current_task(), tgid);
	if (!place_aio(op, iocb.fd))
		return 0;
	key = aio_key(address, op->tgid);
	add_async_op(key, op);
	return 0;
}

/* The call returns; was this one submitted? */
static __always_inline int leave_iocb(u64 slot, u64 submitted, u64 blocked, u64 now)
{
	struct iopath_async *counts = async_counts_of(IOPATH_INTERFACE_libaio);
	struct iopath_async_op *op;
	u64 address = 0, key;

	if (!READ_USER(&address, slot) || !counts)
		return 0;
	key = aio_key(address, TASK(current_task(), tgid));
	op = find_async(key);
	if (!op)
		return 0;
	if (submitted) {
		op->returned = now;
		if (!op->queued)
			op->blocked = blocked;
		counts->submitted++;
		return 0;
	}
	forget_async_op(key, IOPATH_INTERFACE_libaio);
	return 0;
}

/* When it was done, as far as anybody can tell: with its last bio; before io_submit
 * returned; no later than now. */
static __always_inline u64 aio_end(const struct iopath_async_op *op, u64 now)
{
	if (op->done)
		return op->done;
	return op->returned && !(op->flags & ASYNC_LATER) ? op->returned : now;
}

/* io_submit may sleep, on whatever: that is `other`. */
VERIFIED_ONCE int charge_iocb(struct ledger *ledger, const struct iopath_async_op *op, u64 end)
{
	u64 submitted, blocked, issued;

	if (!ledger || !op)
		return 0;
	ledger->start = op->start; /* or nothing would be charged */
	submitted = clamp(op->queued ?: op->returned, op->start, end);
	blocked = clamp(op->start + op->blocked, op->start, submitted);
	issued = clamp(op->issued ?: end, submitted, end);
	charge_part(ledger, NULL, op->start, blocked, IOPATH_STAGE_other);
	charge_part(ledger, NULL, blocked, submitted, IOPATH_STAGE_cpu);
	if (!op->queued) {
		charge_part(ledger, NULL, submitted, end,
		            op->flags & ASYNC_LATER ? IOPATH_STAGE_helper : IOPATH_STAGE_other);
		return 0;
	}
	if (op->flags & ASYNC_BIO_ONLY)
		issued = submitted;
	charge_part(ledger, NULL, submitted, issued, IOPATH_STAGE_block_queue);
	charge_part(ledger, NULL, issued, end, IOPATH_STAGE_device);
	return 0;
}

static __always_inline int end_event(u64 address, u64 now)
{
	struct iopath_async *counts = async_counts_of(IOPATH_INTERFACE_libaio);
	struct ledger *ledger = async_ledger(IOPATH_INTERFACE_libaio);
	struct iopath_async_op *op;
	struct aio_event event = {};
	struct iopath_row *row;
	u64 key, end;
	u32 number;

	if (!READ_USER(&event, address) || !ledger || !counts)
		return 0;
	key = aio_key(event.iocb, TASK(current_task(), tgid));
	op = find_async(key);
	if (!op)
		return 0;
	ledger->place = (struct row_place){.row = op->row, .target = op->target};
	number = op->row;
	row = bpf_map_lookup_elem(&rows, &number);
	end = aio_end(op, now);
	if (row &&
	    count_result(row, op->op == IOPATH_OP_sync ? 0 : IOPATH_SYSCALL_BYTES, event.result))
		count_failed_iocb(op->op, number, -event.result, span(op->start, end));
	charge_iocb(ledger, op, end);
	add_async(ledger, op, end);
	counts->completed++;
	count_reap(IOPATH_INTERFACE_libaio, op->start, end, now);
	forget_async_op(key, IOPATH_INTERFACE_libaio);
	return 0;
}

/* What becomes of the requests of a call as it returns. */
enum aio_step { AIO_SUBMITTED, AIO_REFUSED, AIO_TAKEN };

__noinline int close_one(u64 address, u64 step, u64 blocked, u64 now)
{
	if (step == AIO_TAKEN)
		return end_event(address, now);
	return leave_iocb(address, step == AIO_SUBMITTED, blocked, now);
}

/* Loops within loops, each in a function that takes numbers only: the verifier walks the sum
 * of their passes, not the product. `each` is done at each `at`, with `left` to do. */
#define AIO_LOOP(name, size, width, each, more...)                                                 \
	__noinline int name(u64 address, u64 count, more)                                          \
	{                                                                                          \
		for (u64 i = 0; i < AIO_CHUNK && i * (width) < count; i++) {                       \
			u64 at = address + i * (width) * (size), left = count - i * (width);       \
			(void)left;                                                                \
			each;                                                                      \
		}                                                                                  \
		return 0;                                                                          \
	}
#define AIO_SIZE(step) ((step) == AIO_TAKEN ? sizeof(struct aio_event) : sizeof(u64))
#define AIO_LOOPS(verb, size, each, args, more...)                                                 \
	AIO_LOOP(verb##_few, size, 1, each, more)                                                  \
	AIO_LOOP(verb##_some, size, AIO_CHUNK, verb##_few(at, left, args), more)                   \
	AIO_LOOP(verb##_all, size, AIO_CHUNK *AIO_CHUNK, verb##_some(at, left, args), more)

#define ARGS_(a...) a
AIO_LOOPS(open, sizeof(u64), open_iocb(at, now), now, u64 now)
AIO_LOOPS(close, AIO_SIZE(step), close_one(at, step, blocked, now), ARGS_(step, blocked, now),
          u64 step, u64 blocked, u64 now)

__noinline int begin_io_submit(u64 requests, u64 slots)
{
	struct ledger *ledger = find_ledger(current_task());
	struct async_state *state = async_state();

	if (!state || !ledger)
		return 0;
	use_async(state);
	ledger->async.now = ASYNC_IN_IO_SUBMIT;
	ledger->async.blocked = 0;
	open_all(slots, requests, bpf_ktime_get_ns());
	if (requests > AIO_CHUNK * AIO_CHUNK * AIO_CHUNK)
		count_loss(IOPATH_LOSS_no_storage);
	return 0;
}

static __always_inline void end_io_submit(struct ledger *ledger, u64 requests, u64 slots,
                                          long result)
{
	u64 submitted = result > 0 ? result : 0, now = bpf_ktime_get_ns();

	if (submitted > requests)
		return;
	close_all(slots, submitted, AIO_SUBMITTED, ledger->async.blocked, now);
	close_all(slots + submitted * sizeof(u64), requests - submitted, AIO_REFUSED, 0, now);
	if (submitted)
		count_batch(IOPATH_INTERFACE_libaio, submitted);
}

/* ---- what layer syscall calls ------------------------------------------------------------- */

static __always_inline int begin_async_call(struct ledger *ledger, u32 call, struct pt_regs *regs)
{
	ledger->async.call = 1 + call;
	if (call != IOPATH_NOT_FOLLOWED_AIO)
		return 0;
	preempt_off();
	begin_io_submit(syscall_arg(regs, 1, false), syscall_arg(regs, 2, false));
	preempt_on();
	return 0;
}

static __always_inline int end_async_call(struct ledger *ledger, struct pt_regs *regs, long result)
{
	u32 call = ledger->async.call - 1;

	ledger->async.call = 0;
	ledger->async.now = ASYNC_NOTHING;
	preempt_off();
	if (call == IOPATH_NOT_FOLLOWED_AIO)
		end_io_submit(ledger, syscall_arg(regs, 1, false), syscall_arg(regs, 2, false),
		              result);
	else if (call == IOPATH_NOT_FOLLOWED_AIO_REAP && result > 0)
		close_all(syscall_arg(regs, 3, false), result, AIO_TAKEN, 0, bpf_ktime_get_ns());
	else if (result > 0)
		count_batch(IOPATH_INTERFACE_io_uring, result);
	preempt_on();
	return 0;
}

#endif
