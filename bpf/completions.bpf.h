/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests are done, or parts of them. */
#ifndef IOPATH_COMPLETIONS_BPF_H
#define IOPATH_COMPLETIONS_BPF_H

#include "requests.bpf.h"
#include "stack.bpf.h"
#include "flushes.bpf.h"
#include "block_errors.bpf.h"
#include "block_order.bpf.h"

/* What of a request has just been done. */
struct done_request {
	struct request *rq;
	u64 now;
	u64 allocated;
	int error;
	u32 op;
	u32 bytes;
	u32 whole; /* nothing is left of it */
	u32 in_sequence;
	u32 late; /* the driver's time for it had run out */
	u32 known;
	struct request_slot slot; /* as it was, if known */
};

/* A bio that had been held back got its request at once when it was let through. Without
 * start times (/sys/block/DISK/queue/iostats is 0) the issue is the nearest known. */
static __always_inline u64 when_admitted(const struct done_request *done)
{
	return done->allocated ? done->allocated : done->slot.issued;
}

/* For whoever is woken next. Returns when the request's sequence came to the driver. */
VERIFIED_ONCE u64 note_completion(const struct done_request *done)
{
	struct cpu_state *cpu = this_cpu();
	u64 started;

	if (!done)
		return 0;
	started = done->slot.issued;
	if (done->op == REQ_OP_FLUSH)
		keep_flush(request_device(done->rq), started);
	else if (done->in_sequence)
		started = sequence_start(request_device(done->rq), done->allocated, started);
	if (cpu && started)
		note_request(cpu, done->slot.held ? when_admitted(done) : 0, started, done->now,
		             done->in_sequence || done->op == REQ_OP_FLUSH);
	return started;
}

static __always_inline void count_error(const struct done_request *done,
                                        struct iopath_block_row *row)
{
	row->errors++;
	note_error(done->slot.row, done->slot.submitter, block_status(done->error),
	           READ_FIELD(done->rq, request, __sector));
}

/* A flush sequence is over: from its first flush on it was with the driver. */
static __always_inline void count_sequence(const struct done_request *done, u64 started)
{
	const struct request_slot *slot = &done->slot;
	struct iopath_block_row *row;

	if (slot->row == UNCOUNTED_ROW || !started)
		return;
	row = block_row(sequence_row(request_disk(done->rq), slot->submitter));
	if (!row)
		return;
	if (done->allocated && done->allocated <= started)
		count_queue(row, started - done->allocated);
	count_service(row, done->now - started);
	/* The request itself has lost them by now. */
	count_flags(row, READ_FIELD(READ_FIELD(done->rq, request, bio), bio, bi_opf));
	count_size(row, slot->bytes);
	row->bytes += slot->bytes;
	if (done->error)
		row->errors++;
}

/* Not with the driver, as far as we saw: the parent of a flush sequence, failed on its way
 * to the driver, or issued before we attached. */
VERIFIED_ONCE int count_unissued(const struct done_request *done, u64 started)
{
	struct iopath_block_row *row;
	bool failed;

	if (!done || !done->whole)
		return 0;
	row = block_row(done->slot.row);
	failed = done->known && done->error;
	if (failed && row)
		count_error(done, row);
	if (done->in_sequence)
		count_sequence(done, started);
	else if (!failed && attached_ns && done->allocated > attached_ns)
		count_block_loss(IOPATH_LOSS_no_start);
	return 0;
}

VERIFIED_ONCE int count_issued(const struct done_request *done)
{
	const struct request_slot *slot;
	struct iopath_block_row *row;
	u64 service;

	if (!done)
		return 0;
	slot = &done->slot;
	row = block_row(slot->row);
	if (!row)
		return 0;
	service = done->now - slot->issued;
	row->bytes += done->bytes;
	row->timeouts += done->late;
	if (done->error)
		count_error(done, row);
	if (!done->whole) {
		count_submitted(slot->submitter, done->bytes, 0, 0);
		return 0;
	}
	leave_device(row, slot->issued);
	count_flags(row, slot->flags);
	count_size(row, slot->bytes);
	if (done->allocated && done->allocated <= slot->issued)
		count_queue(row, slot->issued - done->allocated);
	count_service(row, service);
	count_submitted(slot->submitter, done->bytes, 1, service);
	return 0;
}

/* A request may complete in parts: it is done with the last. One of a flush sequence
 * completes once more when the sequence is over. */
static __always_inline int on_complete(struct request *rq, int error, u32 bytes)
{
	struct done_request done = {.rq = rq, .error = error, .bytes = bytes};
	struct request_slot *slot = find_request((u64)rq);
	u32 rq_flags = READ_FIELD(rq, request, rq_flags);
	u64 started;

	done.now = bpf_ktime_get_ns();
	done.allocated = READ_FIELD(rq, request, start_time_ns);
	done.op = READ_FIELD(rq, request, cmd_flags) & REQ_OP_MASK;
	done.whole = 1 - below(bytes, READ_FIELD(rq, request, __data_len));
	done.late = timed_out(rq_flags);
	done.in_sequence = done.op == REQ_OP_WRITE && bio_wants_flush(READ_FIELD(rq, request, bio));
	done.slot.row = UNCOUNTED_ROW;
	if (slot) {
		done.slot = *slot;
		done.known = true;
		if (slot->started)
			done.allocated = slot->started;
		if (done.whole && in_flush_sequence(rq_flags))
			slot->issued = 0;
		else if (done.whole)
			drop_request(slot, (u64)rq);
	} else if (done.in_sequence && done.whole) {
		/* Without data, before 6.4, it has had no event yet. */
		done.slot.row = place_unasked((u64)rq) >> 16;
	}
	started = note_completion(&done);
	if (handed_on && !in_flush_sequence(rq_flags))
		end_bios_of((u64)rq, bytes, done.now, error);
	if (async_in_use())
		async_request_done((u64)rq, started, done.now);
	if (done.slot.issued)
		count_issued(&done);
	else
		count_unissued(&done, started);
	return 0;
}

#endif
