// SPDX-License-Identifier: GPL-2.0-only
/* Layer syscall: where operations begin and end. */
#include "calls.bpf.h"
#include "resolve.bpf.h"
#include "scope.bpf.h"
#include "tasks.bpf.h"
#include "via.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* Both ends of a splice: its target is the end that is no pipe, or the output. */
VERIFIED_ONCE int find_splice_row(struct ledger *ledger, u32 output_fd, u32 input_fd)
{
	struct file_identity id, peer;
	void *files = files_of_current();

	if (!ledger)
		return 0;
	id = identify_fd(files, output_fd);
	peer = identify_fd(files, input_fd);
	if (target_of(id) == IOPATH_TARGET_pipe && target_of(peer) != IOPATH_TARGET_pipe) {
		struct file_identity output = id;

		id = peer;
		peer = output;
	}
	peer = forget_values(peer);
	peer.dev = target_of(peer);
	ledger->place = place_of(&ledger->cache[IOPATH_OP_splice], forget_values(id),
	                         IOPATH_OP_splice, forget_values(peer).dev);
	return 0;
}

/* A path names the file: its file system is unknown, its target is a file. */
static __always_inline struct file_identity path_identity(void)
{
	return (struct file_identity){.kind = S_IFREG << 8};
}

static __always_inline void find_file(struct ledger *ledger, const struct iopath_syscall *call,
                                      struct task_struct *task, struct pt_regs *regs, bool compat)
{
	struct file_identity id;
	u32 op = call->op, fd;

	asm volatile("" : "+r"(op)); /* one register, whose bounds the verifier knows */
	if (op >= IOPATH_OP_COUNT)
		return;
	if (call->file == IOPATH_FILE_BOTH) {
		find_splice_row(ledger, syscall_arg(regs, call->args & 0xf, compat),
		                syscall_arg(regs, call->args >> 4, compat));
		return;
	}
	if (call->file == IOPATH_FILE_RETURN) {
		ledger->place = (struct row_place){.target = IOPATH_TARGET_file};
		return;
	}
	if (file_argument(call, regs, compat, &fd))
		id = identify_fd(TASK(task, files), fd);
	else
		id = path_identity();
	ledger->place = place_of(&ledger->cache[op], forget_values(id), op, IOPATH_NO_PEER_TARGET);
}

static __always_inline int on_syscall_enter(struct pt_regs *regs, u64 id)
{
	const volatile struct iopath_syscall_pair *pair = known_calls(id);
	struct task_struct *task;
	struct iopath_syscall call;
	struct ledger *ledger;
	struct cpu_state *cpu;
	struct moment moment;
	bool compat;

	if (!pair)
		return 0;
	task = current_task();
	compat = in_compat_syscall(task);
	call = call_of(pair, compat);
	if (!(call.flags & IOPATH_SYSCALL_KNOWN))
		return 0;
	ledger = ledger_in_scope(task);
	if (!ledger || only_counted(&call, regs, compat))
		return 0;
	cpu = this_cpu();
	if (!cpu)
		return 0;
	find_file(ledger, &call, task, regs, compat);
	ledger->syscall = compat ? id | COMPAT_CALL : id;
	read_begin(&moment, cpu);
	ledger->hard_ns = moment.hard_ns;
	ledger->soft_ns = moment.soft_ns;
	ledger->mark = moment.now;
	ledger->start = moment.now;
	return 0;
}

/* ---- the end ---------------------------------------------------------------- */

VERIFIED_ONCE int count_stage(u32 row, u32 stage, u64 ns)
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
	if (ledger->via_ns) {
		/* On the stack: 6.1 refuses a map's key in an argument's memory. */
		struct iopath_via_key key = ledger->via;

		key.row = ledger->place.row;
		add_via(&key, ledger->via_ns);
		ledger->via_ns = 0;
	}
	ledger->voluntary = 0;
	ledger->involuntary = 0;
	ledger->flush_ns = 0;
	ledger->touched = 0;
	ledger->armed = 0;
	ledger->spin_lock = 0;
	ledger->blocking_lock = 0;
	return 0;
}

static __always_inline void count_result(struct iopath_row *row, u32 flags, long result)
{
	if (result >= 0) {
		if (flags & IOPATH_SYSCALL_BYTES)
			row->bytes += result;
	} else if (result == -EINTR || (result <= -512 && result >= -516)) {
		row->interrupted++;
	} else {
		row->errors++;
		if (result == -EAGAIN || result == -EINPROGRESS)
			row->would_block++;
	}
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

static __always_inline void close_operation(struct ledger *ledger, struct iopath_syscall call,
                                            long result)
{
	struct cpu_state *cpu = this_cpu();
	struct iopath_row *row;
	struct moment moment;
	u64 wall;
	u32 key, op = call.op;

	asm volatile("" : "+r"(op));
	if (!cpu || op >= IOPATH_OP_COUNT)
		return;
	read_end(&moment, cpu);
	wall = span(ledger->start, moment.now);
	if (!ledger->place.row)
		find_opened_row(ledger, op, result);
	ledger->start = 0;
	ledger->cache[op].top_ns += wall;
	key = ledger->place.row;
	row = bpf_map_lookup_elem(&rows, &key);
	if (!row)
		return;
	if (wall > row->max_ns)
		row->max_ns = wall;
	count_result(row, call.flags, result);
	if (!ledger->touched && moment.hard_ns == ledger->hard_ns &&
	    moment.soft_ns == ledger->soft_ns) {
		row->pure_ns += wall;
		row->pure[bucket_of(wall) & (IOPATH_BUCKETS - 1)]++;
		return;
	}
	charge_run(ledger, &moment);
	close_mixed(ledger, row, wall);
}

static __always_inline int on_syscall_exit(struct pt_regs *regs, long result)
{
	const volatile struct iopath_syscall_pair *pair = known_calls(syscall_number(regs));
	struct ledger *ledger;

	if (!pair)
		return 0;
	ledger = find_ledger(current_task());
	if (ledger && ledger->start)
		close_operation(ledger, call_of(pair, ledger->syscall & COMPAT_CALL), result);
	return 0;
}

/* A thread that dies inside the kernel (an oops) has no sys_exit; one that is killed
 * comes back from its call first. */
static __always_inline int on_process_exit(void)
{
	struct ledger *ledger = find_ledger(current_task());

	if (!ledger)
		return 0;
	if (ledger->start)
		count_loss(IOPATH_LOSS_died);
	ledger->start = 0;
	for (u32 op = 0; op < IOPATH_OP_COUNT; op++)
		flush_top(&ledger->cache[op]);
	return 0;
}

TRACE(sys_enter, syscall_enter, struct pt_regs *regs, long id)
{
	return on_syscall_enter(regs, id);
}

TRACE(sys_exit, syscall_exit, struct pt_regs *regs, long result)
{
	return on_syscall_exit(regs, result);
}

TRACE(sched_process_exit, process_exit)
{
	return on_process_exit();
}

SEC("?iter/task")
int walk_tasks__iter(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct iopath_task_record record = {};
	struct ledger *ledger;

	if (!task)
		return 0;
	ledger = find_ledger(task);
	record.tgid = TASK(task, tgid);
	record.pid = TASK(task, pid);
	read_comm(record.comm, task);
	if (ledger) {
		if (ledger->flags & THREAD_MARKED && record.pid == record.tgid &&
		    !TASK(task, exit_state))
			write_record(ctx, &record, IOPATH_TASK_MEMBER);
		write_top(ctx, ledger, &record);
		if (ledger->start) {
			write_open(ctx, ledger, &record);
			return 0;
		}
	}
	if (task_in_scope(ledger, task))
		write_begun_before(ctx, task, &record);
	return 0;
}
