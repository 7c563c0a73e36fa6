// SPDX-License-Identifier: GPL-2.0-only
/* Layer function: operations begin and end where only I/O comes by, at functions of the
 * kernel, so that other system calls cost nothing. Each function stands for the system
 * call that its operations are named after; the innermost ones of nested functions are
 * part of the outermost. */
#include "operation.bpf.h"
#include "scope.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* What `object` (and `other`) of an operation are. */
enum object_kind {
	OF_FILE,  /* struct file * */
	OF_KIOCB, /* struct kiocb * */
	OF_FD,
	OF_PATH_OR_FD, /* descriptor; `other` has AT_EMPTY_PATH where it counts */
	OF_RESULT,     /* nothing yet: the function returns a descriptor */
	OF_FDS,        /* output, input */
	OF_FILES,      /* output, input */
};

/* A thread's operation is still open where another begins: is the new one inside it, or has
 * its end not been seen? kretprobes are limited in number, and from 7.0 on fexit programs are
 * skipped while another thread is preempted in one. The stack pointer tells, where there is
 * one; else which functions call each other: any those of pipes, writes that sync, directories
 * over directories. */
static __always_inline bool is_nested(struct ledger *ledger, u32 call, u32 kind, u64 stack)
{
	if (stack)
		return stack < ledger->entry_stack;
	if (kind == OF_KIOCB)
		return ledger->syscall != call;
	if (call != NR_fsync && call != NR_getdents64)
		return false;
	if (ledger->syscall == call)
		ledger->depth++;
	return true;
}

static __always_inline bool ends_nested(struct ledger *ledger, u64 stack)
{
	if (stack)
		return stack < ledger->entry_stack;
	if (!ledger->depth)
		return false;
	ledger->depth--;
	return true;
}

static __always_inline struct file_identity identity_of(u32 kind, u64 object, u64 other)
{
	void *file = (void *)object;

	if (kind == OF_PATH_OR_FD && !(other & AT_EMPTY_PATH))
		return path_identity();
	if (kind == OF_FD || kind == OF_FDS || kind == OF_PATH_OR_FD)
		file = file_at(files_of_current(), object);
	else if (kind == OF_KIOCB)
		file = READ_FIELD(file, kiocb, ki_filp);
	return file ? forget_values(identify_file(file, true)) : UNKNOWN_FILE;
}

/* Takes numbers only, so that every kernel verifies it once. */
__noinline int begin_operation(u32 call_number, u32 kind, u64 object, u64 other, u64 stack)
{
	struct task_struct *task = current_task();
	struct cpu_state *cpu = this_cpu();
	struct iopath_syscall call;
	struct file_identity id;
	struct ledger *ledger;
	u32 op;

	if (!cpu)
		return 0;
	call = native_call(call_number);
	op = call.op;
	asm volatile("" : "+r"(op)); /* one register, whose bounds the verifier knows */
	if (!(call.flags & IOPATH_SYSCALL_KNOWN) || op >= IOPATH_OP_COUNT)
		return 0;
	ledger = ledger_in_scope(task);
	if (!ledger || ledger->flags & THREAD_HELPER)
		return 0;
	if (ledger->start) {
		if (is_nested(ledger, call_number, kind, stack))
			return 0;
		drop_operation(ledger);
	}
	preempt_off();
	if (kind == OF_RESULT) {
		ledger->place = later();
	} else if (kind == OF_FDS || kind == OF_FILES) {
		id = identity_of(kind, object, 0);
		ledger->place = splice_place(ledger, id, identity_of(kind, other, 0));
	} else {
		id = identity_of(kind, object, other);
		ledger->place = place_of(&ledger->cache[op], id, op, IOPATH_NO_PEER_TARGET);
	}
	ledger->entry_stack = stack;
	ledger->depth = 0;
	open_operation(ledger, cpu, call_number);
	preempt_on();
	return 0;
}

__noinline int end_operation(u32 call_number, long result, u64 stack)
{
	struct ledger *ledger = find_ledger(current_task());

	if (!ledger || !ledger->start || ledger->syscall != call_number)
		return 0;
	if (ends_nested(ledger, stack))
		return 0;
	preempt_off();
	close_operation(ledger, native_call(call_number), result);
	preempt_on();
	return 0;
}

/* ---- programs: six for each function -----------------------------------------------
 * FUNCTION(probe, variant, function, arguments, system call, kind, object, other, type of the
 * result): an object is POINTER(n) or NUMBER(n), the function's argument n, or NONE. */
#define FUNCTION(probe, variant, function, count, call, kind, object, other, type)                 \
	FUNCTION_(probe, variant, function, count, call, kind, object, other, type)
#define FUNCTION_(probe, variant, function, count, call, kind, object, other, type)                \
	SEC("?fentry/" #function)                                                                  \
	int probe##__fentry##variant(u64 *ctx)                                                     \
	{                                                                                          \
		return begin_operation(call, kind, ENTRY_##object, ENTRY_##other, 0);              \
	}                                                                                          \
	SEC("?fexit/" #function)                                                                   \
	int probe##__fexit##variant(u64 *ctx)                                                      \
	{                                                                                          \
		return end_operation(call, (type)ctx[count], 0);                                   \
	}                                                                                          \
	SEC("?kprobe.multi/" #function)                                                            \
	int probe##__kprobe_multi##variant(struct pt_regs *ctx)                                    \
	{                                                                                          \
		return begin_operation(call, kind, KPROBE_##object, KPROBE_##other, 0);            \
	}                                                                                          \
	SEC("?kretprobe.multi/" #function)                                                         \
	int probe##__kretprobe_multi##variant(struct pt_regs *ctx)                                 \
	{                                                                                          \
		return end_operation(call, (type)FUNCTION_RESULT(ctx), 0);                         \
	}                                                                                          \
	SEC("?kprobe/" #function)                                                                  \
	int probe##__kprobe##variant(struct pt_regs *ctx)                                          \
	{                                                                                          \
		return begin_operation(call, kind, KPROBE_##object, KPROBE_##other, ctx->sp);      \
	}                                                                                          \
	SEC("?kretprobe/" #function)                                                               \
	int probe##__kretprobe##variant(struct pt_regs *ctx)                                       \
	{                                                                                          \
		return end_operation(call, (type)FUNCTION_RESULT(ctx), ctx->sp);                   \
	}

/* The verifier knows the pointers of fentry. The result stands behind the arguments. */
#define ENTRY_POINTER(n)  address_of((void *)ctx[n])
#define ENTRY_NUMBER(n)   ctx[n]
#define ENTRY_NONE        0
#define ENTRY_FD_IN_REGS  READ_FIELD((void *)ctx[0], pt_regs, SYSCALL_ARG_0)
#define KPROBE_POINTER(n) FUNCTION_ARG_##n(ctx)
#define KPROBE_NUMBER(n)  FUNCTION_ARG_##n(ctx)
#define KPROBE_NONE       0
#define KPROBE_FD_IN_REGS READ_FIELD((void *)FUNCTION_ARG_0(ctx), pt_regs, SYSCALL_ARG_0)

// clang-format off
FUNCTION(vfs_read, , vfs_read, 4, NR_read, OF_FILE, POINTER(0), NONE, long)
FUNCTION(vfs_readv, , vfs_readv, 5, NR_readv, OF_FILE, POINTER(0), NONE, long)
FUNCTION(vfs_write, , vfs_write, 4, NR_write, OF_FILE, POINTER(0), NONE, long)
FUNCTION(vfs_writev, , vfs_writev, 5, NR_writev, OF_FILE, POINTER(0), NONE, long)
/* Where vfs_read and vfs_write are dark. Pipes and FIFOs parted in 6.14: those of FIFOs call those
 * of pipes. */
FUNCTION(pipe_read, , pipe_read, 2, NR_read, OF_KIOCB, POINTER(0), NONE, long)
FUNCTION(pipe_read, _anon, anon_pipe_read, 2, NR_read, OF_KIOCB, POINTER(0), NONE, long)
FUNCTION(pipe_write, , pipe_write, 2, NR_write, OF_KIOCB, POINTER(0), NONE, long)
FUNCTION(pipe_write, _anon, anon_pipe_write, 2, NR_write, OF_KIOCB, POINTER(0), NONE, long)
/* do_fsync was inlined before 6.12, vfs_fsync_range is inlined into it by 7.3. */
FUNCTION(sync, , do_fsync, 2, NR_fsync, OF_FD, NUMBER(0), NONE, int)
FUNCTION(sync, _range, vfs_fsync_range, 4, NR_fsync, OF_FILE, POINTER(0), NONE, int)
FUNCTION(open, , do_sys_openat2, 3, NR_openat, OF_RESULT, NONE, NONE, int)
FUNCTION(close, , SYSCALL_FUNCTION(close), 1, NR_close, OF_FD, FD_IN_REGS, NONE, int)
FUNCTION(fstat, , vfs_fstat, 2, NR_fstat, OF_FD, NUMBER(0), NONE, int)
FUNCTION(statx, , vfs_statx, 5, NR_newfstatat, OF_PATH_OR_FD, NUMBER(0), NUMBER(2), int)
FUNCTION(getdents, , iterate_dir, 2, NR_getdents64, OF_FILE, POINTER(0), NONE, int)
FUNCTION(fallocate, , vfs_fallocate, 4, NR_fallocate, OF_FILE, POINTER(0), NONE, int)
FUNCTION(sendto, , __sys_sendto, 6, NR_sendto, OF_FD, NUMBER(0), NONE, int)
FUNCTION(sendmsg, , __sys_sendmsg, 4, NR_sendmsg, OF_FD, NUMBER(0), NONE, int)
FUNCTION(recvfrom, , __sys_recvfrom, 6, NR_recvfrom, OF_FD, NUMBER(0), NONE, int)
FUNCTION(recvmsg, , __sys_recvmsg, 4, NR_recvmsg, OF_FD, NUMBER(0), NONE, int)
FUNCTION(sendmmsg, , __sys_sendmmsg, 5, NR_sendmmsg, OF_FD, NUMBER(0), NONE, int)
FUNCTION(recvmmsg, , __sys_recvmmsg, 6, NR_recvmmsg, OF_FD, NUMBER(0), NONE, int)
FUNCTION(connect, , __sys_connect, 3, NR_connect, OF_FD, NUMBER(0), NONE, int)
FUNCTION(accept, , __sys_accept4, 4, NR_accept4, OF_FD, NUMBER(0), NONE, int)
FUNCTION(sendfile, , do_sendfile, 5, NR_sendfile, OF_FDS, NUMBER(0), NUMBER(1), long)
FUNCTION(splice, , do_splice, 6, NR_splice, OF_FILES, POINTER(2), POINTER(0), long)
FUNCTION(copy_range, , vfs_copy_file_range, 6, NR_copy_file_range, OF_FILES, POINTER(2), POINTER(0), long)
// clang-format on
