/* SPDX-License-Identifier: GPL-2.0-only */
/* An operation, wherever it begins and ends: its ledger is opened for a row and
 * closed into it. */
#ifndef IOPATH_OPERATION_BPF_H
#define IOPATH_OPERATION_BPF_H

#include "calls.bpf.h"
#include "failures.bpf.h"
#include "lookups.bpf.h"
#include "resolve.bpf.h"
#include "via.bpf.h"

/* ---- the beginning ------------------------------------------------------------ */

/* A path names the file: its file system is unknown, its target is a file. */
static __always_inline struct file_identity path_identity(void)
{
	return (struct file_identity){.kind = S_IFREG << 8};
}

/* The place of what an open returns is known at its end. */
static __always_inline struct row_place later(void)
{
	return (struct row_place){.target = IOPATH_TARGET_file};
}

/* Both ends of a splice: its target is the end that is no pipe, or the output. */
static __always_inline struct row_place
splice_place(struct ledger *ledger, struct file_identity output, struct file_identity input)
{
	struct file_identity id = output, peer = input;

	if (target_of(output) == IOPATH_TARGET_pipe && target_of(input) != IOPATH_TARGET_pipe) {
		id = input;
		peer = output;
	}
	peer.dev = target_of(forget_values(peer));
	return place_of(&ledger->cache[IOPATH_OP_splice], forget_values(id), IOPATH_OP_splice,
	                forget_values(peer).dev);
}

/* Nothing of an operation is left for the next. */
static __always_inline void clear_marks(struct ledger *ledger)
{
	forget_vias(ledger);
	ledger->voluntary = 0;
	ledger->involuntary = 0;
	ledger->flush_ns = 0;
	ledger->dirty_ns = 0;
	for (u32 wait = 0; wait < IOPATH_WAIT_COUNT; wait++)
		ledger->wait_ns[wait] = 0;
	ledger->merged = 0;
	ledger->touched = 0;
	ledger->armed = 0;
	ledger->spin_lock = 0;
	ledger->blocking_lock = 0;
	ledger->lock_holder = 0;
	ledger->contended = 0;
	ledger->cluster_lock = 0;
	for (int i = 0; i < WAITED_LOCKS; i++)
		ledger->waited_locks[i] = (struct waited_lock){};
}

/* An operation that is not counted: nothing of it is left for the next. */
VERIFIED_ONCE int forget_operation(struct ledger *ledger)
{
	if (!ledger)
		return 0;
	for (u32 stage = 0; stage < IOPATH_STAGE_COUNT; stage++)
		ledger->stage_ns[stage] = 0;
	clear_marks(ledger);
	ledger->start = 0;
	return 0;
}

/* The end of the open operation was not seen. */
static __always_inline void drop_operation(struct ledger *ledger)
{
	count_loss(IOPATH_LOSS_no_end);
	forget_operation(ledger);
}

/* Starts the clock; the ledger knows its place. `call`: number | COMPAT_CALL. */
static __always_inline void open_operation(struct ledger *ledger, const struct cpu_state *cpu,
                                           u16 call)
{
	struct moment moment;

	if (ledger->place.row == IOPATH_UNWANTED_ROW)
		return;
	ledger->syscall = call;
	ledger->async.now = 0;
	read_begin(&moment, cpu);
	ledger->hard_ns = moment.hard_ns;
	ledger->soft_ns = moment.soft_ns;
	ledger->mark = moment.now;
	*(volatile u64 *)&ledger->start = moment.now;
	if (*(volatile u64 *)&ledger->mark !=
	    moment.now) /* preempted in between: begins after it */
		ledger->start = ledger->mark;
}

/* ---- the end ------------------------------------------------------------------- */

__noinline int count_stage(u32 row, u32 stage, u64 ns)
{
	u32 key = IOPATH_STAGE_KEY(row, stage, bucket_of(ns));
	u64 *count = bpf_map_lookup_elem(&stage_buckets, &key), zero = 0;

	if (!count) {
		/* Another CPU may be faster: then its entry is there. */
		bpf_map_update_elem(&stage_buckets, &key, &zero, BPF_NOEXIST);
		count = bpf_map_lookup_elem(&stage_buckets, &key);
	}
	if (count)
		__sync_fetch_and_add(count, 1);
	else
		count_loss(IOPATH_LOSS_detail_full);
	return 0;
}

VERIFIED_ONCE int write_waited_lock(const struct waited_lock *waited)
{
	struct iopath_kernel_lock *known;
	u64 site;

	if (!waited)
		return 0;
	site = waited->site;
	known = bpf_map_lookup_elem(&kernel_locks, &site);
	if (!known) {
		count_loss(IOPATH_LOSS_detail_full);
		return 0;
	}
	__sync_fetch_and_add(&known->waits, waited->waits);
	__sync_fetch_and_add(&known->ns, waited->ns);
	if (waited->max_ns > known->max_ns)
		known->max_ns = waited->max_ns;
	return 0;
}

/* Adds up an operation that did more than run, and checks that its stages sum
 * to its wall time and that none exceeds it. */
VERIFIED_ONCE int close_mixed(struct ledger *ledger, struct iopath_row *row, u64 wall)
{
	u64 sum = 0, wrong = 0;

	if (!ledger || !row)
		return 0;
	for (u32 stage = 0; stage < IOPATH_STAGE_COUNT; stage++) {
		u64 ns = ledger->stage_ns[stage];

		sum += ns;
		wrong |= below(wall, ns);
		row->stage_ns[stage] += ns;
	}
	for (u32 stage = 0; stage < IOPATH_STAGE_COUNT; stage++) {
		if (ledger->stage_ns[stage])
			count_stage(ledger->place.row, stage, ledger->stage_ns[stage]);
		ledger->stage_ns[stage] = 0;
	}
	if (wrong || sum != wall)
		row->imbalanced++;
	row->residual_ns += sum > wall ? sum - wall : wall - sum;
	row->mixed_ns += wall;
	row->mixed[bucket_of(wall) & (IOPATH_BUCKETS - 1)]++;
	row->voluntary += ledger->voluntary;
	row->involuntary += ledger->involuntary;
	row->flush_ns += ledger->flush_ns;
	row->dirty_ns += ledger->dirty_ns;
	for (u32 wait = 0; wait < IOPATH_WAIT_COUNT; wait++)
		row->wait_ns[wait] += ledger->wait_ns[wait];
	row->merged += ledger->merged;
	if (ledger->cluster_lock) /* it had that lock in the end */
		count_loss(IOPATH_LOSS_missed_run);
	write_vias(ledger);
	for (int i = 0; i < WAITED_LOCKS && ledger->waited_locks[i].site; i++)
		write_waited_lock(&ledger->waited_locks[i]);
	clear_marks(ledger);
	return 0;
}

/* True: the operation failed, and not for want of patience. */
static __always_inline bool count_result(struct iopath_row *row, u32 flags, long result)
{
	if (result >= 0) {
		if (flags & IOPATH_SYSCALL_BYTES)
			row->bytes += result;
		return false;
	}
	if (result == -EINTR || (result <= -512 && result >= -516)) {
		row->interrupted++;
		return false;
	}
	row->errors++;
	if (result != -EAGAIN && result != -EINPROGRESS)
		return true;
	row->would_block++;
	return false;
}

/* An open that succeeded is about the descriptor it returned. */
VERIFIED_ONCE int find_opened_row(struct ledger *ledger, u32 op, long result)
{
	struct file_identity id = path_identity();

	if (!ledger || op >= IOPATH_OP_COUNT)
		return 0;
	if (result >= 0)
		id = identify_fd(files_of_current(), result);
	ledger->place = place_of(&ledger->cache[op], id, op, IOPATH_NO_PEER_TARGET);
	return 0;
}

/* The kernel does not tell of pages that it gave while a later one was still being read. */
static __always_inline void count_silent_pages(struct iopath_row *row, const struct ledger *ledger,
                                               long result)
{
	u64 given = ((u64)result + (1ULL << config.page_shift) - 1) >> config.page_shift;

	if (result > 0 && given > ledger->pages.asked)
		row->pages_asked += given - ledger->pages.asked;
}

/* `op`: whose cache of rows it came from. `flags`: IOPATH_SYSCALL_*. */
static __always_inline void close_into(struct ledger *ledger, u32 op, u32 flags, long result)
{
	struct cpu_state *cpu = this_cpu();
	struct iopath_row *row;
	struct moment since, moment;
	u64 start, wall, device_ns;
	u32 key;

	asm volatile("" : "+r"(op));
	if (!cpu || op >= ROW_CACHES)
		return;
	/* Closed first: a switch from here on charges nothing, its time is part of the last span.
	 */
	start = ledger->start;
	*(volatile u64 *)&ledger->start = 0;
	since = last_transition(ledger);
	read_end(&moment, cpu);
	wall = span(start, moment.now);
	if (!ledger->place.row)
		find_opened_row(ledger, op, result);
	if (ledger->place.row == IOPATH_UNWANTED_ROW) {
		forget_operation(ledger);
		return;
	}
	ledger->cache[op].top_ns += wall;
	device_ns = ledger->stage_ns[IOPATH_STAGE_device];
	key = ledger->place.row;
	row = bpf_map_lookup_elem(&rows, &key);
	if (!row)
		return;
	if (wall > row->max_ns)
		row->max_ns = wall;
	if (count_result(row, flags, result) && op != FAULT_CACHE)
		count_failure(key, op, -result, wall); /* by the arguments of a system call */
	if (ledger->pages.operation == start)
		count_silent_pages(row, ledger, result);
	if (names_path((struct iopath_syscall){.flags = flags}))
		count_lookups(ledger, row, start, wall, device_ns);
	if (!ledger->touched && moment.hard_ns == since.hard_ns &&
	    moment.soft_ns == since.soft_ns) {
		row->pure_ns += wall;
		row->pure[bucket_of(wall) & (IOPATH_BUCKETS - 1)]++;
		return;
	}
	charge_run(ledger, &since, &moment);
	close_mixed(ledger, row, wall);
}

static __always_inline void close_operation(struct ledger *ledger, struct iopath_syscall call,
                                            long result)
{
	close_into(ledger, call.op, call.flags, result);
}

#endif
