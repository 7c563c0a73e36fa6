/* SPDX-License-Identifier: GPL-2.0-only */
/* What differs between architectures: where arguments and results lie, and the numbers of
 * system calls. */
#ifndef IOPATH_ARCH_BPF_H
#define IOPATH_ARCH_BPF_H

#include "compat.bpf.h"

/* SYSCALL_ARGUMENTS(X): X(argument, register, register in a 32-bit call). */
// clang-format off
#if defined(__TARGET_ARCH_x86)
#define SYSCALL_ARGUMENTS(X) \
	X(0, di, bx) X(1, si, cx) X(2, dx, dx) X(3, r10, si) X(4, r8, di) X(5, r9, bp)
#define SYSCALL_NUMBER orig_ax
#define COMPAT_FLAGS   thread_info.status
#define COMPAT_FLAG    0x2 /* TS_COMPAT, arch/x86/include/asm/thread_info.h */
/* Arguments and result of a kernel function, from the context of a kprobe. */
#define FUNCTION_ARG_0(regs)   ((regs)->di)
#define FUNCTION_ARG_1(regs)   ((regs)->si)
#define FUNCTION_ARG_2(regs)   ((regs)->dx)
#define FUNCTION_ARG_3(regs)   ((regs)->cx)
#define FUNCTION_RESULT(regs)  ((regs)->ax)
#define SYSCALL_ARG_0          di
#define KEPT_ARG_0             di
#define KEPT_ARG_0_COMPAT      bx
#define SYSCALL_FUNCTION(name) __x64_sys_##name
/* arch/x86/entry/syscalls/syscall_64.tbl */
enum {
	NR_read = 0,
	NR_write = 1,
	NR_close = 3,
	NR_fstat = 5,
	NR_readv = 19,
	NR_writev = 20,
	NR_sendfile = 40,
	NR_connect = 42,
	NR_sendto = 44,
	NR_recvfrom = 45,
	NR_sendmsg = 46,
	NR_recvmsg = 47,
	NR_fsync = 74,
	NR_fdatasync = 75,
	NR_getdents64 = 217,
	NR_openat = 257,
	NR_newfstatat = 262,
	NR_splice = 275,
	NR_fallocate = 285,
	NR_accept4 = 288,
	NR_recvmmsg = 299,
	NR_sendmmsg = 307,
	NR_copy_file_range = 326,
};
#elif defined(__TARGET_ARCH_arm64)
/* The first until the call has returned: then it holds the result. */
#define SYSCALL_ARGUMENTS(X) \
	X(0, regs[0], regs[0]) X(1, regs[1], regs[1]) X(2, regs[2], regs[2]) \
	X(3, regs[3], regs[3]) X(4, regs[4], regs[4]) X(5, regs[5], regs[5])
#define SYSCALL_NUMBER         syscallno
#define COMPAT_FLAGS           thread_info.flags
#define COMPAT_FLAG            (1 << 22) /* TIF_32BIT, arch/arm64/include/asm/thread_info.h, 5.10 to 7.3 */
#define FUNCTION_ARG_0(from)   ((from)->regs[0])
#define FUNCTION_ARG_1(from)   ((from)->regs[1])
#define FUNCTION_ARG_2(from)   ((from)->regs[2])
#define FUNCTION_ARG_3(from)   ((from)->regs[3])
#define FUNCTION_RESULT(from)  ((from)->regs[0])
#define SYSCALL_ARG_0          regs[0]
#define KEPT_ARG_0             orig_x0
#define KEPT_ARG_0_COMPAT      orig_x0
#define SYSCALL_FUNCTION(name) __arm64_sys_##name
/* include/uapi/asm-generic/unistd.h */
enum {
	NR_fallocate = 47,
	NR_openat = 56,
	NR_close = 57,
	NR_getdents64 = 61,
	NR_read = 63,
	NR_write = 64,
	NR_readv = 65,
	NR_writev = 66,
	NR_sendfile = 71,
	NR_splice = 76,
	NR_newfstatat = 79,
	NR_fstat = 80,
	NR_fsync = 82,
	NR_fdatasync = 83,
	NR_connect = 203,
	NR_sendto = 206,
	NR_recvfrom = 207,
	NR_sendmsg = 211,
	NR_recvmsg = 212,
	NR_accept4 = 242,
	NR_recvmmsg = 243,
	NR_sendmmsg = 269,
	NR_copy_file_range = 285,
};
#endif
// clang-format on

#define REGISTER(regs, name) FIELD(regs, pt_regs, name)

static __always_inline u64 syscall_arg(struct pt_regs *regs, u32 n, bool compat)
{
	switch (n) {
#define SYSCALL_ARGUMENT(argument, native, in_compat)                                              \
	case argument:                                                                             \
		return compat ? (u32)REGISTER(regs, in_compat) : REGISTER(regs, native);
		SYSCALL_ARGUMENTS(SYSCALL_ARGUMENT)
#undef SYSCALL_ARGUMENT
	default:
		return 0;
	}
}

/* The same when the call has returned. */
static __always_inline u64 kept_arg(struct pt_regs *regs, u32 n, bool compat)
{
	if (n)
		return syscall_arg(regs, n, compat);
	return compat ? (u32)REGISTER(regs, KEPT_ARG_0_COMPAT) : REGISTER(regs, KEPT_ARG_0);
}

static __always_inline long syscall_number(struct pt_regs *regs)
{
	return REGISTER(regs, SYSCALL_NUMBER);
}

static __always_inline bool in_compat_syscall(struct task_struct *task)
{
	return TASK(task, COMPAT_FLAGS) & COMPAT_FLAG;
}

/* The registers that a thread left at its entry into the kernel: at the end of its stack
 * (asm/processor.h), which is 16 KiB on both architectures. With CONFIG_X86_FRED (6.9) a
 * word pair of that entry lies behind them. */
#define THREAD_SIZE (16 << 10)
static __always_inline struct pt_regs *entry_registers(struct task_struct *task)
{
#ifdef IOPATH_UNTYPED /* no bpf_task_pt_regs before 5.15 */
	u64 size = bpf_core_type_size(struct pt_regs);

	if (bpf_core_type_exists(struct fred_frame))
		size = bpf_core_type_size(struct fred_frame);
	return READ_FIELD(task, task_struct, stack) + THREAD_SIZE - size;
#else
	return (struct pt_regs *)bpf_task_pt_regs(task);
#endif
}

#endif
