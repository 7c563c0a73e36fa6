// SPDX-License-Identifier: GPL-2.0-only
/* Layer syscall: where operations begin and end. */
#include "aio.bpf.h"
#include "operation.bpf.h"
#include "scope.bpf.h"
#include "tasks.bpf.h"
#include "uring.bpf.h"

char LICENSE[] SEC("license") = "GPL";

VERIFIED_ONCE int find_splice_row(struct ledger *ledger, u32 output_fd, u32 input_fd)
{
	void *files = files_of_current();

	if (ledger)
		ledger->place = splice_place(ledger, identify_fd(files, output_fd),
		                             identify_fd(files, input_fd));
	return 0;
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
		ledger->place = later();
		return;
	}
	if (file_argument(call, regs, compat, &fd))
		id = identify_fd(READ_FIELD(task, task_struct, files), fd);
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
	bool compat;

	if (!pair)
		return 0;
	task = current_task();
	compat = in_compat_syscall(task);
	call = call_of(pair, compat);
	if (!(call.flags & IOPATH_SYSCALL_KNOWN))
		return 0;
	ledger = ledger_in_scope(task);
	if (!ledger)
		return 0;
	if (only_counted(&call, regs, compat))
		return call.file == IOPATH_FILE_NOT_FOLLOWED && !compat
		           ? begin_async_call(ledger, call.args, regs)
		           : 0;
	cpu = this_cpu();
	if (!cpu)
		return 0;
	if (ledger->start)
		drop_operation(ledger);
	preempt_off();
	find_file(ledger, &call, task, regs, compat);
	open_operation(ledger, cpu, compat ? id | COMPAT_CALL : id);
	preempt_on();
	return 0;
}

static __always_inline int on_syscall_exit(struct pt_regs *regs, long result)
{
	const volatile struct iopath_syscall_pair *pair = known_calls(syscall_number(regs));
	struct ledger *ledger;

	if (!pair)
		return 0;
	ledger = find_ledger(current_task());
	if (ledger && ledger->start) {
		preempt_off();
		close_operation(ledger, call_of(pair, ledger->syscall & COMPAT_CALL), result);
		preempt_on();
	} else if (ledger && ledger->async.call) {
		end_async_call(ledger, regs, result);
	}
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
	for (u32 op = 0; op < ROW_CACHES; op++)
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

#ifndef IOPATH_UNTYPED
/* By way of perf, which switches off preemption where tracepoints themselves do not. */
SEC("?tp/raw_syscalls/sys_enter")
int syscall_enter__tp(struct trace_event_raw_sys_enter *ctx)
{
	return on_syscall_enter(entry_registers(current_task()), ctx->id);
}

SEC("?tp/raw_syscalls/sys_exit")
int syscall_exit__tp(struct trace_event_raw_sys_exit *ctx)
{
	return on_syscall_exit(entry_registers(current_task()), ctx->ret);
}
#endif

TRACE(sched_process_exit, process_exit)
{
	return on_process_exit();
}

SEC("?iter/task")
int walk_tasks__iter(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct iopath_task_record record = {};
	struct seq_file *seq;
	struct ledger *ledger;

	if (!task)
		return 0;
	seq = ctx->meta->seq;
	ledger = find_ledger(task);
	record.tgid = TASK(task, tgid);
	record.pid = TASK(task, pid);
	read_comm(record.comm, task);
	if (ledger) {
		if (ledger->flags & THREAD_MARKED && record.pid == record.tgid &&
		    !TASK(task, exit_state))
			write_record(seq, &record, IOPATH_TASK_MEMBER);
		write_top(seq, ledger, &record);
		if (ledger->start) {
			write_open(seq, ledger, &record);
			return 0;
		}
	}
	if (task_in_scope(ledger, task))
		write_begun_before(seq, task, &record);
	return 0;
}
