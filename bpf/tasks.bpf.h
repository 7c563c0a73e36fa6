/* SPDX-License-Identifier: GPL-2.0-only */
/* What the task iterator writes: operations still open, and time by process that
 * is not in the maps yet. */
#ifndef IOPATH_TASKS_BPF_H
#define IOPATH_TASKS_BPF_H

#include "calls.bpf.h"
#include "ledger.bpf.h"
#include "scope.bpf.h"

/* `seq` is read of the context once: the verifier takes a millisecond to look up by name whether
 * such a pointer can be trusted, each time. */
static __always_inline void write_record(struct seq_file *seq, struct iopath_task_record *record,
                                         u32 kind)
{
	record->kind = kind;
	bpf_seq_write(seq, record, sizeof(*record));
}

/* What the span since the last transition will most likely be charged to. Who
 * ends a wait is not known yet, so the target tells; a sleep that no signal can
 * cut has no such hint. */
static __always_inline u32 open_stage(const struct ledger *ledger, u32 op)
{
	if (ledger->state == RUNNING)
		return running_stage(ledger);
	if (ledger->state != BLOCKED)
		return ledger->state == WOKEN ? IOPATH_STAGE_runqueue : IOPATH_STAGE_preempted;
	if (ledger->armed & ARMED_THROTTLE)
		return IOPATH_STAGE_throttle;
	if (ledger->armed & ARMED_RECLAIM)
		return IOPATH_STAGE_reclaim;
	if (ledger->blocking_lock || op == IOPATH_OP_lock)
		return IOPATH_STAGE_lock;
	if (ledger->armed & ARMED_REQUEST)
		return ledger->armed & ARMED_LIMIT ? IOPATH_STAGE_throttle
		                                   : IOPATH_STAGE_block_queue;
	if (!(ledger->armed & ARMED_INTERRUPTIBLE))
		return IOPATH_STAGE_other;
	switch (ledger->place.target) {
	case IOPATH_TARGET_pipe:
	case IOPATH_TARGET_unix_socket:
		return IOPATH_STAGE_peer;
	case IOPATH_TARGET_tcp:
	case IOPATH_TARGET_udp:
		return IOPATH_STAGE_network;
	default:
		return IOPATH_STAGE_other;
	}
}

/* Its thread may go on meanwhile, on another CPU. False where the operation is over. Parts that are
 * not of one moment, which do not sum to what is between the start and the mark, are told as none:
 * all of it is `other` then. */
VERIFIED_ONCE int read_open(struct ledger *open, struct iopath_task_record *record)
{
	const volatile struct ledger *ledger = open;
	u64 start, mark, now, sum = 0;
	struct iopath_syscall call;

	if (!open || !record)
		return false;
	start = ledger->start;
	mark = ledger->mark;
	now = bpf_ktime_get_ns();
	call = call_of_ledger(open);
	record->row = ledger->place.row ? ledger->place.row : 1 + call.op;
	record->syscall = ledger->syscall;
	record->ns = now - start;
	for (u32 i = 0; i < IOPATH_STAGE_COUNT; i++) {
		u64 ns = ledger->stage_ns[i] & -(u64)(ledger->touched >> i & 1);

		record->stage_ns[i] = ns;
		sum += ns;
	}
	if (!start || ledger->start != start)
		return false;
	if (ledger->mark != mark || sum != mark - start || now < mark) {
		for (u32 i = 0; i < IOPATH_STAGE_COUNT; i++)
			record->stage_ns[i] = 0;
		record->stage_ns[IOPATH_STAGE_other] = record->ns;
		return true;
	}
	record->stage_ns[open_stage(open, call.op)] += now - mark;
	return true;
}

static __always_inline void write_open(struct seq_file *seq, struct ledger *ledger,
                                       struct iopath_task_record *record)
{
	if (read_open(ledger, record))
		write_record(seq, record, IOPATH_TASK_OPEN);
}

/* Threads that sleep in an operation begun before we attached: the registers that
 * a sleeping thread left at its entry name the call. */
static __always_inline void write_begun_before(struct seq_file *seq, struct task_struct *task,
                                               struct iopath_task_record *record)
{
	struct pt_regs *regs;
	u64 id;

	if (!task_state(task) || is_helper(task))
		return;
	regs = entry_registers(task);
	id = syscall_number(regs);
	if (id >= IOPATH_SYSCALLS || in_compat_syscall(task) ||
	    !(syscalls[id].native.flags & IOPATH_SYSCALL_KNOWN) ||
	    syscalls[id].native.file == IOPATH_FILE_NOT_FOLLOWED)
		return;
	if (syscalls[id].native.file == IOPATH_FILE_FCNTL && !is_waiting_lock(regs, false))
		return;
	record->syscall = id;
	record->row = 1 + syscalls[id].native.op;
	write_record(seq, record, IOPATH_TASK_BEGUN_BEFORE);
}

/* False where an op has no time that is not in the maps. */
VERIFIED_ONCE int read_top(struct ledger *ledger, u32 op, struct iopath_task_record *record)
{
	if (!ledger || !record || op >= ROW_CACHES)
		return false;
	record->row = ledger->cache[op].place.row;
	record->ns = ledger->cache[op].top_ns;
	return record->row && record->ns;
}

static __always_inline void write_top(struct seq_file *seq, struct ledger *ledger,
                                      struct iopath_task_record *record)
{
	for (u32 op = 0; op < ROW_CACHES; op++) {
		if (read_top(ledger, op, record))
			write_record(seq, record, IOPATH_TASK_TOP);
	}
}

static __always_inline bool task_in_scope(struct ledger *ledger, struct task_struct *task)
{
	if (TASK(task, tgid) == config.self_tgid || (config.filter_comm && !comm_matches(task)))
		return false;
	if (config.scope == IOPATH_SCOPE_SYSTEM || config.scope == IOPATH_SCOPE_CGROUP)
		return true;
	return ledger && ledger->flags & THREAD_MARKED;
}

#endif
