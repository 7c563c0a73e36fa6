/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of system calls: which are operations, and where they name their file. */
#ifndef IOPATH_CALLS_BPF_H
#define IOPATH_CALLS_BPF_H

#include "arch.bpf.h"

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

static __always_inline struct iopath_syscall native_call(u32 id)
{
	return call_of(&syscalls[id & (IOPATH_SYSCALLS - 1)], false);
}

/* The call that a ledger's operation began with. */
static __always_inline struct iopath_syscall call_of_ledger(const struct ledger *ledger)
{
	return call_of(&syscalls[ledger->syscall & (IOPATH_SYSCALLS - 1)],
	               ledger->syscall & COMPAT_CALL);
}

/* enum iopath_naming */
static __always_inline u32 naming_of(struct iopath_syscall call)
{
	return call.flags >> IOPATH_SYSCALL_NAMING & 7;
}

/* Does it name its file by a path? */
static __always_inline bool names_path(struct iopath_syscall call)
{
	return naming_of(call) - IOPATH_NAMING_PATH_0 <= IOPATH_NAMING_AT_1 - IOPATH_NAMING_PATH_0;
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

#endif
