/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests are done, or parts of them. */
#ifndef IOPATH_COMPLETIONS_BPF_H
#define IOPATH_COMPLETIONS_BPF_H

#include "requests.bpf.h"
#include "stack.bpf.h"
#include "flushes.bpf.h"
#include "block_errors.bpf.h"
#include "block_order.bpf.h"

static __always_inline struct done_request *done_request(void)
{
	struct cpu_state *cpu = this_cpu();
	u32 context = cpu ? current_context(cpu) : IN_TASK;

	return bpf_map_lookup_elem(&done_requests, &context);
}

/* A bio that had been held back got its request at once when it was let through. Without
 * start times (/sys/block/DISK/queue/iostats is 0) the issue is the nearest known. */
static __always_inline u64 when_admitted(const struct done_request *done)
{
	return done->allocated ? done->allocated : done->slot.issued;
}

/* For whoever is woken next. Returns when the request's sequence came to the driver. */
__noinline u64 note_completion(void)
{
	struct done_request *done = done_request();
	struct cpu_state *cpu = this_cpu();
	u64 started;

	if (!done)
		return 0;
	started = done->slot.issued;
	if (done->op == REQ_OP_FLUSH)
		keep_flush(request_device((struct request *)done->rq), started);
	else if (done->in_sequence)
		started = sequence_start(request_device((struct request *)done->rq),
		                         done->allocated, started);
	if (cpu && started)
		note_request(cpu, done->slot.held ? when_admitted(done) : 0, started, done->now,
		             (done->in_sequence || done->op == REQ_OP_FLUSH ? NOTE_FLUSH : 0) |
		                 (done->metadata ? NOTE_METADATA : 0));
	return started;
}

static __always_inline void count_error(const struct done_request *done,
                                        struct iopath_block_row *row)
{
	row->errors++;
	note_error(done->slot.row, done->slot.submitter, block_status(done->error),
	           READ_FIELD((struct request *)done->rq, request, __sector));
}

/* A flush sequence is over: from its first flush on it was with the driver. */
static __always_inline void count_sequence(const struct done_request *done, u64 started)
{
	const struct request_slot *slot = &done->slot;
	struct iopath_block_row *row;

	if (slot->row == UNCOUNTED_ROW || !started)
		return;
	row = block_row(sequence_row(request_disk((struct request *)done->rq), slot->submitter));
	if (!row)
		return;
	if (done->allocated && done->allocated <= started)
		count_queue(row, started - done->allocated);
	count_service(row, done->now - started);
	/* The request itself has lost them by now. */
	count_flags(row,
	            READ_FIELD(READ_FIELD((struct request *)done->rq, request, bio), bio, bi_opf));
	count_size(row, slot->bytes);
	row->bytes += slot->bytes;
	if (done->error)
		row->errors++;
}

/* Not with the driver, as far as we saw: the parent of a flush sequence, failed on its way
 * to the driver, or issued before we attached. */
__noinline int count_unissued(u64 started)
{
	struct done_request *done = done_request();
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

__noinline int count_issued(void)
{
	struct done_request *done = done_request();
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
	struct request_slot *slot = find_request((u64)rq);
	u32 rq_flags = READ_FIELD(rq, request, rq_flags);
	struct done_request *done = done_request();
	u64 started;
	u32 flags;

	if (!done)
		return 0;
	done->rq = (u64)rq;
	done->error = error;
	done->bytes = bytes;
	done->now = bpf_ktime_get_ns();
	done->allocated = READ_FIELD(rq, request, start_time_ns);
	flags = READ_FIELD(rq, request, cmd_flags);
	done->op = flags & REQ_OP_MASK;
	done->metadata = done->op == REQ_OP_WRITE && flags & REQUEST_FLAG(META);
	done->whole = 1 - below(bytes, READ_FIELD(rq, request, __data_len));
	done->late = timed_out(rq_flags);
	done->in_sequence =
	    done->op == REQ_OP_WRITE && bio_wants_flush(READ_FIELD(rq, request, bio));
	done->known = !!slot;
	if (slot) {
		done->slot = *slot;
		if (slot->started)
			done->allocated = slot->started;
		if (done->whole && in_flush_sequence(rq_flags))
			slot->issued = 0;
		else if (done->whole)
			drop_request(slot, (u64)rq);
	} else {
		done->slot = (struct request_slot){.row = UNCOUNTED_ROW};
		/* Without data, before 6.4, it has had no event yet. */
		if (done->in_sequence && done->whole)
			done->slot.row = place_unasked((u64)rq) >> 16;
	}
	started = note_completion();
	if (handed_on && !in_flush_sequence(rq_flags))
		end_bios_of((u64)rq, bytes, done->now, error);
	if (async_in_use())
		async_request_done((u64)rq, started, done->now);
	if (done->slot.issued)
		count_issued();
	else
		count_unissued(started);
	return 0;
}

#endif
