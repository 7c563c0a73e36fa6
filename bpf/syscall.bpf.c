// SPDX-License-Identifier: GPL-2.0-only
/* Layer syscall: where operations begin and end. */
#include "resolve.bpf.h"
#include "scope.bpf.h"
#include "via.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* Filled in by the loader: this architecture's system calls. */
const volatile struct iopath_syscall_pair syscalls[IOPATH_SYSCALLS];

static __always_inline void count_not_followed(u32 index)
{
	u32 zero = 0;
	struct iopath_counters *all = bpf_map_lookup_elem(&counters, &zero);

	if (all)
		all->not_followed[index & (IOPATH_NOT_FOLLOWED_COUNT - 1)]++;
}

/* The descriptor that the operation is about; false: there is none. */
static __always_inline bool file_argument(const struct iopath_syscall *call, struct pt_regs *regs,
                                          bool compat, u32 *fd)
{
	u64 other;

	*fd = syscall_arg(regs, call->args & 0xf, compat);
	if (call->file == IOPATH_FILE_FD || call->file == IOPATH_FILE_FCNTL)
		return true;
	if (call->file == IOPATH_FILE_PATH || call->file == IOPATH_FILE_RETURN)
		return false;
	other = syscall_arg(regs, call->args >> 4, compat);
	if (call->file == IOPATH_FILE_EMPTY_PATH)
		return other & AT_EMPTY_PATH;
	if (call->file == IOPATH_FILE_NULL_PATH)
		return !other;
	return false;
}

/* Both ends of a splice: its target is the end that is no pipe, or the output. */
__noinline int find_splice_row(struct ledger *ledger, u32 output_fd, u32 input_fd)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct file_identity output, input;
	struct row_cache *slot;

	if (!ledger)
		return 0;
	slot = &ledger->cache[IOPATH_OP_splice];
	output = identify_fd(task, output_fd);
	input = identify_fd(task, input_fd);
	if (target_of(output) == IOPATH_TARGET_pipe && target_of(input) != IOPATH_TARGET_pipe)
		ledger->place = place_of(slot, input, IOPATH_OP_splice, target_of(output));
	else
		ledger->place = place_of(slot, output, IOPATH_OP_splice, target_of(input));
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

	if (op >= IOPATH_OP_COUNT)
		return;
	asm volatile("" : "+r"(op)); /* one register, whose bounds the verifier knows */
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
		id = identify_fd(task, fd);
	else
		id = path_identity();
	ledger->place = place_of(&ledger->cache[op], id, op, IOPATH_NO_PEER_TARGET);
}

static __always_inline bool is_waiting_lock(struct pt_regs *regs, bool compat)
{
	u32 command = syscall_arg(regs, 1, compat);

	return command == F_SETLKW || command == F_OFD_SETLKW || command == F_OFD_SETLK ||
	       (compat && command == 14); /* F_SETLKW64 of 32-bit programs */
}

/* Both calls of a number in one load, and one of them in another. */
#define KNOWN_BITS ((u64)IOPATH_SYSCALL_KNOWN << 24 | (u64)IOPATH_SYSCALL_KNOWN << 56)

/* The calls of a number; NULL where neither is one that we look at. */
static __always_inline const volatile struct iopath_syscall_pair *known_calls(u64 id)
{
	const volatile struct iopath_syscall_pair *pair;

	if (id >= IOPATH_SYSCALLS)
		return NULL;
	pair = &syscalls[id];
	asm volatile("" : "+r"(pair)); /* keep it behind the check */
	return *(const volatile u64 *)pair & KNOWN_BITS ? pair : NULL;
}

static __always_inline struct iopath_syscall
call_of(const volatile struct iopath_syscall_pair *pair, bool compat)
{
	union {
		u32 word;
		struct iopath_syscall call;
	} read;

	if (compat)
		read.word = *(const volatile u32 *)&pair->compat;
	else
		read.word = *(const volatile u32 *)&pair->native;
	return read.call;
}

/* The call that a ledger's operation began with. */
static __always_inline struct iopath_syscall call_of_ledger(const struct ledger *ledger)
{
	return call_of(&syscalls[ledger->syscall & (IOPATH_SYSCALLS - 1)],
	               ledger->syscall & COMPAT_CALL);
}

/* Calls that are counted, not followed; true: this is one. */
static __always_inline bool only_counted(const struct iopath_syscall *call, struct pt_regs *regs,
                                         bool compat)
{
	if (call->file == IOPATH_FILE_NOT_FOLLOWED) {
		count_not_followed(call->args);
		return true;
	}
	if (call->flags & IOPATH_SYSCALL_LOST) {
		count_loss(IOPATH_LOSS_compat);
		return true;
	}
	return call->file == IOPATH_FILE_FCNTL && !is_waiting_lock(regs, compat);
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
	task = bpf_get_current_task_btf();
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
		*count += 1;
	else
		count_loss(IOPATH_LOSS_detail_full);
	return 0;
}

/* Adds up an operation that did more than run, and checks that its stages sum
 * to its wall time and that none exceeds it. */
__noinline int close_mixed(struct ledger *ledger, struct iopath_row *row, u64 wall)
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
		ledger->via.row = ledger->place.row;
		add_via(&ledger->via, ledger->via_ns);
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
__noinline int find_opened_row(struct ledger *ledger, u32 op, long result)
{
	struct file_identity id = path_identity();

	if (!ledger || op >= IOPATH_OP_COUNT)
		return 0;
	if (result >= 0)
		id = identify_fd(bpf_get_current_task_btf(), result);
	ledger->place = place_of(&ledger->cache[op], id, op, IOPATH_NO_PEER_TARGET);
	return 0;
}

static __always_inline void close_operation(struct ledger *ledger, long result)
{
	struct iopath_syscall call = call_of_ledger(ledger);
	struct cpu_state *cpu = this_cpu();
	struct iopath_row *row;
	struct moment moment;
	u64 wall;
	u32 key, op = call.op;

	if (!cpu || op >= IOPATH_OP_COUNT)
		return;
	asm volatile("" : "+r"(op));
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
	struct ledger *ledger;

	if (!known_calls(syscall_number(regs)))
		return 0;
	ledger = find_ledger(bpf_get_current_task_btf());
	if (ledger && ledger->start)
		close_operation(ledger, result);
	return 0;
}

/* A thread that dies inside the kernel (an oops) has no sys_exit; one that is killed
 * comes back from its call first. */
static __always_inline int on_process_exit(void)
{
	struct ledger *ledger = find_ledger(bpf_get_current_task_btf());

	if (!ledger)
		return 0;
	if (ledger->start)
		count_loss(IOPATH_LOSS_died);
	ledger->start = 0;
	for (u32 op = 0; op < IOPATH_OP_COUNT; op++)
		flush_top(&ledger->cache[op]);
	return 0;
}

SEC("?tp_btf/sys_enter")
int BPF_PROG(syscall_enter__tp_btf, struct pt_regs *regs, long id)
{
	return on_syscall_enter(regs, id);
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(syscall_exit__tp_btf, struct pt_regs *regs, long result)
{
	return on_syscall_exit(regs, result);
}

SEC("?tp_btf/sched_process_exit")
int BPF_PROG(process_exit__tp_btf)
{
	return on_process_exit();
}

/* ---- what is still open --------------------------------------------------------- */

static __always_inline void write_record(struct bpf_iter__task *ctx,
                                         struct iopath_task_record *record, u32 kind)
{
	record->kind = kind;
	bpf_seq_write(ctx->meta->seq, record, sizeof(*record));
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
		return IOPATH_STAGE_block_queue;
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

static __always_inline void write_open(struct bpf_iter__task *ctx, struct ledger *ledger,
                                       struct iopath_task_record *record)
{
	u64 now = bpf_ktime_get_ns(), since = now - ledger->mark;
	struct iopath_syscall call = call_of_ledger(ledger);

	record->row = ledger->place.row ? ledger->place.row : 1 + call.op;
	record->syscall = ledger->syscall;
	record->ns = now - ledger->start;
	for (u32 i = 0; i < IOPATH_STAGE_COUNT; i++)
		record->stage_ns[i] = ledger->touched & 1U << i ? ledger->stage_ns[i] : 0;
	if (since > record->ns)
		since = record->ns;
	record->stage_ns[open_stage(ledger, call.op)] += since;
	write_record(ctx, record, IOPATH_TASK_OPEN);
}

/* Threads that sleep in an operation begun before we attached: the registers that
 * a sleeping thread left at its entry name the call. */
static __always_inline void write_begun_before(struct bpf_iter__task *ctx, struct task_struct *task,
                                               struct iopath_task_record *record)
{
	struct pt_regs *regs;
	u64 id;

	if (!task_state(task) || is_helper(task))
		return;
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	id = syscall_number(regs);
	if (id >= IOPATH_SYSCALLS || in_compat_syscall(task) ||
	    !(syscalls[id].native.flags & IOPATH_SYSCALL_KNOWN) ||
	    syscalls[id].native.file == IOPATH_FILE_NOT_FOLLOWED)
		return;
	if (syscalls[id].native.file == IOPATH_FILE_FCNTL && !is_waiting_lock(regs, false))
		return;
	record->syscall = id;
	record->row = 1 + syscalls[id].native.op;
	write_record(ctx, record, IOPATH_TASK_BEGUN_BEFORE);
}

static __always_inline void write_top(struct bpf_iter__task *ctx, struct ledger *ledger,
                                      struct iopath_task_record *record)
{
	for (u32 op = 0; op < IOPATH_OP_COUNT; op++) {
		if (!ledger->cache[op].place.row || !ledger->cache[op].top_ns)
			continue;
		record->row = ledger->cache[op].place.row;
		record->ns = ledger->cache[op].top_ns;
		write_record(ctx, record, IOPATH_TASK_TOP);
	}
}

static __always_inline bool task_in_scope(struct ledger *ledger, struct task_struct *task)
{
	if (task->tgid == config.self_tgid || (config.filter_comm && !comm_matches(task)))
		return false;
	if (config.scope == IOPATH_SCOPE_SYSTEM || config.scope == IOPATH_SCOPE_CGROUP)
		return true;
	return ledger && ledger->flags & THREAD_MARKED;
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
	record.tgid = task->tgid;
	record.pid = task->pid;
	bpf_probe_read_kernel(record.comm, sizeof(record.comm), task->comm);
	if (ledger) {
		if (ledger->flags & THREAD_MARKED && task->pid == task->tgid && !task->exit_state)
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
