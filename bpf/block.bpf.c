// SPDX-License-Identifier: GPL-2.0-only
/* Layer block: requests from allocation to completion, bios of devices that have none, and
 * threads that wait for a request to be had. */
#include "async.bpf.h"
#include "completions.bpf.h"
#include "search_reads.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* All pointers are numbers here: as cheap to read through, where bpf_rdonly_cast is, as ones
 * that the verifier knows, and a request's address is needed as a number. */

/* ---- from the submitter to the driver ------------------------------------------- */

/* The current thread asks for a request, and may have to wait for one; or it has it, or
 * needs none. Kept with the CPU: that costs less than to find the thread's ledger, where it
 * is put if the thread goes to sleep (sched_switch). */
static __always_inline void arm_request(void)
{
	struct cpu_state *cpu = this_cpu();

	if (cpu)
		cpu->bio_pid = TASK(current_task(), pid);
}

static __always_inline void disarm_request(struct cpu_state *cpu)
{
	struct task_struct *task = current_task();
	struct ledger *ledger;

	if ((cpu->bio_pid & ~IN_LIMITS) == TASK(task, pid)) {
		cpu->bio_pid = 0;
		return;
	}
	ledger = find_ledger(task);
	if (ledger)
		ledger->armed &= ~(ARMED_REQUEST | ARMED_LIMIT);
}

static __always_inline int on_bio_queue(struct bio *bio)
{
	void *queue = READ_FIELD(disk_of(bio), gendisk, queue);
	bool has_requests = READ_FIELD(queue, request_queue, mq_ops);

	if (has_requests)
		arm_request();
	else
		begin_stacked((u64)bio);
	async_bio_queued(bio, has_requests);
	look_at_search_read(bio);
	return 0;
}

/* The end of a request's former life was not seen (a run that the kernel skipped): it is
 * not with the driver any more, but has not been counted. */
static __always_inline void end_former_life(u64 request)
{
	struct request_slot *slot = (struct request_slot *)direct_slot(REQUESTS, request);
	struct iopath_block_row *row;

	if (!slot || slot->request != request || !slot->issued)
		return;
	count_block_loss(IOPATH_LOSS_no_end);
	row = block_row(slot->row);
	if (row)
		leave_device(row, slot->issued);
}

/* A request is seen for the first time; `place` is where it is counted. */
static __always_inline struct request_slot *begin_request(struct request *rq, u64 place)
{
	struct request_slot *slot;
	u32 flags = READ_FIELD(rq, request, cmd_flags);

	end_former_life((u64)rq);
	slot = new_request((u64)rq);
	if (!slot)
		return NULL;
	slot->row = place >> 16;
	slot->submitter = place;
	slot->held = place >> 32;
	slot->flags = flags;
	return slot;
}

/* Under an interrupt the current thread is anybody. */
static __always_inline int on_start(struct request *rq)
{
	struct cpu_state *cpu = this_cpu();
	struct request_slot *slot;

	if (!cpu)
		return 0;
	disarm_request(cpu);
	if (async_in_use())
		async_bio_placed(PEEK_FIELD((u64)rq, request, bio));
	slot = begin_request(rq, place_request((u64)rq, current_context(cpu) == IN_TASK));
	if (slot && start_time_is_old(current_task()))
		slot->started = bpf_ktime_get_ns();
	return 0;
}

static __always_inline int on_getrq(struct bio *bio)
{
	struct cpu_state *cpu = this_cpu();

	if (cpu)
		disarm_request(cpu);
	if (async_in_use())
		async_bio_placed((u64)bio);
	return 0;
}

/* Without an event of its own for it (before 6.4): inserted or issued for the first time, a
 * request is still with the thread that asked for it, unless it is older than we are. */
static __always_inline bool asks_now(struct request *rq)
{
	struct cpu_state *cpu = this_cpu();

	return cpu && current_context(cpu) == IN_TASK && attached_ns &&
	       READ_FIELD(rq, request, start_time_ns) > attached_ns;
}

static __always_inline u64 place_on_way(struct request *rq)
{
	if (config.has_io_start)
		return place_unasked((u64)rq);
	return place_request((u64)rq, asks_now(rq));
}

static __always_inline int on_insert(struct request *rq)
{
	struct request_slot *slot = find_request((u64)rq);

	/* What is inserted without a start is a flush, which no scheduler keeps. */
	if (!slot && !config.has_io_start)
		slot = begin_request(rq, place_on_way(rq));
	if (slot)
		slot->inserted = bpf_ktime_get_ns();
	return 0;
}

static __always_inline int on_issue(struct request *rq)
{
	struct request_slot *slot = find_request((u64)rq);
	u64 now;

	if (!slot)
		slot = begin_request(rq, place_on_way(rq));
	if (!slot)
		return 0;
	now = bpf_ktime_get_ns();
	slot->issued = now;
	slot->bytes = READ_FIELD(rq, request, __data_len);
	enter_driver(slot, rq, now);
	return 0;
}

/* ---- on the way -------------------------------------------------------------------- */

static __always_inline int on_requeue(struct request *rq)
{
	struct request_slot *slot = find_request((u64)rq);
	struct iopath_block_row *row;

	if (!slot)
		return 0;
	row = block_row(slot->row);
	if (row) {
		row->requeues++;
		row->timeouts += timed_out(READ_FIELD(rq, request, rq_flags));
		if (slot->issued) {
			row->requeued_ns += bpf_ktime_get_ns() - slot->issued;
			leave_device(row, slot->issued);
		}
	}
	slot->issued = 0;
	slot->inserted = 0;
	return 0;
}

/* A request that is merged into another ends here. */
static __always_inline int on_merge(struct request *rq)
{
	struct request_slot *slot = find_request((u64)rq);
	struct iopath_block_row *row;

	if (!slot)
		return 0;
	row = block_row(slot->row);
	drop_request(slot, (u64)rq);
	if (row)
		row->merges++;
	return 0;
}

/* The row in which a bio counts that is being submitted. */
static __always_inline struct iopath_block_row *row_of_bio(struct bio *bio, struct cpu_state *cpu)
{
	return block_row(row_number_of_bio((u64)bio, current_context(cpu) == IN_TASK));
}

static __always_inline int on_bio_merged(struct bio *bio)
{
	struct cpu_state *cpu = this_cpu();
	struct iopath_block_row *row;

	if (!cpu)
		return 0;
	disarm_request(cpu);
	if (async_in_use())
		async_bio_placed((u64)bio);
	row = row_of_bio(bio, cpu);
	if (row)
		row->merges++;
	return 0;
}

static __always_inline int on_split(struct bio *bio)
{
	struct cpu_state *cpu = this_cpu();
	struct iopath_block_row *row = cpu ? row_of_bio(bio, cpu) : NULL;

	if (row)
		row->splits++;
	return 0;
}

/* ---- programs ---------------------------------------------------------------------- */

#define TRACE_NUMBERS(event, name, args...) TRACE_AS(raw_tp, event, name##__, raw_tp, ##args)

TRACE_NUMBERS(block_io_start, block_start, struct request *rq)
{
	return UNDISTURBED(on_start(rq));
}

/* Before 6.4 it is known only that the bio has its request, not yet which. */
SEC("?raw_tp/block_getrq")
int BPF_PROG(block_start__raw_tp_getrq, struct bio *bio)
{
	return UNDISTURBED(on_getrq(bio));
}

TRACE_NUMBERS(block_rq_insert, block_insert, struct request *rq)
{
	return UNDISTURBED(on_insert(rq));
}

TRACE_NUMBERS(block_rq_issue, block_issue, struct request *rq)
{
	return UNDISTURBED(on_issue(rq));
}

TRACE_NUMBERS(block_rq_complete, block_complete, struct request *rq, int error, unsigned int bytes)
{
	return UNDISTURBED(on_complete(rq, error, bytes));
}

TRACE_NUMBERS(block_rq_requeue, block_requeue, struct request *rq)
{
	return UNDISTURBED(on_requeue(rq));
}

TRACE_NUMBERS(block_rq_merge, block_merge, struct request *rq)
{
	return UNDISTURBED(on_merge(rq));
}

TRACE_NUMBERS(block_bio_queue, bio_queue, struct bio *bio)
{
	return UNDISTURBED(on_bio_queue(bio));
}

TRACE_NUMBERS(block_bio_remap, bio_remap, struct bio *bio, u32 from)
{
	return UNDISTURBED(on_remap(bio, from));
}

TRACE_NUMBERS(block_bio_complete, bio_complete, void *queue, struct bio *bio)
{
	return UNDISTURBED(on_bio_complete(bio));
}

TRACE_NUMBERS(block_bio_backmerge, bio_backmerge, struct bio *bio)
{
	return UNDISTURBED(on_bio_merged(bio));
}

TRACE_NUMBERS(block_bio_frontmerge, bio_frontmerge, struct bio *bio)
{
	return UNDISTURBED(on_bio_merged(bio));
}

TRACE_NUMBERS(block_split, bio_split, struct bio *bio)
{
	return UNDISTURBED(on_split(bio));
}

#ifdef IOPATH_UNTYPED
/* Before 5.11 the queue comes first (in 5.10.y not any more for the requests, from
 * 5.10.137 on), and merges have the request, too. */
SEC("?raw_tp/block_getrq")
int BPF_PROG(block_start__raw_tp_getrq_3, void *queue, struct bio *bio, int direction)
{
	return on_getrq(bio);
}

VARIANT(block_rq_insert, block_insert, 2, void *queue, struct request *rq)
{
	return on_insert(rq);
}

VARIANT(block_split, bio_split, 3, void *queue, struct bio *bio, unsigned int sector)
{
	return on_split(bio);
}

VARIANT(block_rq_issue, block_issue, 2, void *queue, struct request *rq)
{
	return on_issue(rq);
}

VARIANT(block_rq_requeue, block_requeue, 2, void *queue, struct request *rq)
{
	return UNDISTURBED(on_requeue(rq));
}

VARIANT(block_rq_merge, block_merge, 2, void *queue, struct request *rq)
{
	return UNDISTURBED(on_merge(rq));
}

VARIANT(block_bio_queue, bio_queue, 2, void *queue, struct bio *bio)
{
	return UNDISTURBED(on_bio_queue(bio));
}

VARIANT(block_bio_remap, bio_remap, 4, void *queue, struct bio *bio, u32 from)
{
	return UNDISTURBED(on_remap(bio, from));
}

VARIANT(block_bio_backmerge, bio_backmerge, 3, void *queue, void *rq, struct bio *bio)
{
	return UNDISTURBED(on_bio_merged(bio));
}

VARIANT(block_bio_frontmerge, bio_frontmerge, 3, void *queue, void *rq, struct bio *bio)
{
	return UNDISTURBED(on_bio_merged(bio));
}
#endif
