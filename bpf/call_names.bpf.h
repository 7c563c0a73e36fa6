/* SPDX-License-Identifier: GPL-2.0-only */
/* What a system call names: looked at when it has returned, by the arguments that it left. The
 * functions take numbers only, so that every kernel verifies each once. */
#ifndef IOPATH_CALL_NAMES_BPF_H
#define IOPATH_CALL_NAMES_BPF_H

#include "calls.bpf.h"
#include "maps_call.bpf.h"
#include "paths.bpf.h"
#include "resolve.bpf.h"

static __always_inline struct call_work *this_call(void)
{
	struct cpu_state *cpu = this_cpu();
	u32 context;

	if (!cpu)
		return NULL;
	context = current_context(cpu);
	return bpf_map_lookup_elem(&call_works, &context);
}

static __always_inline int begin_at_dentry(struct call_work *work, struct path_walk *walk,
                                           void *dentry, void *mnt)
{
	if (!begin_walk(walk, dentry, mnt))
		return 0;
	work->key.name.begins_at = 1;
	work->key.name.inode = walk->key.inode;
	work->key.name.generation = walk->key.generation;
	work->key.name.dev = walk->key.dev;
	return 1;
}

static __always_inline int begin_at_opened(struct call_work *work, struct path_walk *walk,
                                           void *file)
{
	return file && begin_at_dentry(work, walk, READ_FIELD(file, file, f_path.dentry),
	                               READ_FIELD(file, file, f_path.mnt));
}

/* The name begins at a descriptor or at the current directory; 0: that has none. */
__noinline int begin_at(u32 fd)
{
	struct call_work *work = this_call();
	struct path_walk *walk = this_walk();
	struct task_struct *task = current_task();
	void *fs;

	if (!work || !walk)
		return 0;
	if ((s32)fd != AT_FDCWD)
		return begin_at_opened(work, walk,
		                       file_at(READ_FIELD(task, task_struct, files), fd));
	fs = READ_FIELD(task, task_struct, fs);
	return begin_at_dentry(work, walk, READ_FIELD(fs, fs_struct, pwd.dentry),
	                       READ_FIELD(fs, fs_struct, pwd.mnt));
}

/* The end of a path that is longer than its place. */
__noinline int read_path_end(u64 pointer)
{
	struct call_work *work = this_call();
	struct path_walk *walk = this_walk();
	u64 end = pointer;

	if (!work || !walk)
		return 0;
	for (u32 i = 0; i < 1 + 4096 / IOPATH_NAMES_SIZE; i++) {
		long length =
		    bpf_probe_read_user_str(walk->file.names.text, IOPATH_NAMES_SIZE, (void *)end);

		if (length <= 0)
			break;
		end += length - 1;
		if (length < IOPATH_NAMES_SIZE)
			break;
	}
	bpf_probe_read_user_str(work->key.name.path, sizeof(work->key.name.path),
	                        (void *)(end - (sizeof(work->key.name.path) - 1)));
	work->key.name.front_cut = 1;
	return 0;
}

/* The path at a user's pointer; 1 if it begins at a directory that is not in it. */
__noinline int read_path(u64 pointer)
{
	struct call_work *work = this_call();
	char behind = 0;
	long length;

	if (!work)
		return 0;
	length = bpf_probe_read_user_str(work->key.name.path, sizeof(work->key.name.path),
	                                 (void *)pointer);
	if (length < 0) /* of an empty one, old kernels say 0 */
		return 0;
	work->key.name.naming = IOPATH_NAMED_BY_PATH;
	if (length == sizeof(work->key.name.path))
		bpf_probe_read_user(&behind, 1, (void *)(pointer + length - 1));
	if (behind)
		return read_path_end(pointer);
	return work->key.name.path[0] && work->key.name.path[0] != '/';
}

/* The address given to connect; likewise. */
__noinline int read_address(u64 pointer, u32 length)
{
	struct call_work *work = this_call();
	u16 family = 0;
	char first = 0;
	u64 room;

	if (!work || bpf_probe_read_user(&family, sizeof(family), (void *)pointer))
		return 0;
	if (family == AF_INET || family == AF_INET6) {
		u32 size = family == AF_INET ? 16 : 28; /* struct sockaddr_in, sockaddr_in6 */

		if (length >= size &&
		    !bpf_probe_read_user(work->key.name.path, size, (void *)pointer))
			work->key.name.naming = IOPATH_NAMED_BY_SOCKADDR;
		return 0;
	}
	room = length - sizeof(family); /* of sun_path, which need not end in a zero */
	if (family != AF_UNIX || room > 108 || room < 1 ||
	    bpf_probe_read_user(&first, 1, (void *)(pointer + sizeof(family))))
		return 0;
	asm volatile("" : "+r"(room)); /* one register, whose bounds the verifier knows */
	room &= 127;
	work->key.name.naming = IOPATH_NAMED_BY_PATH;
	pointer += sizeof(family);
	if (first) {
		bpf_probe_read_user_str(work->key.name.path, room + 1, (void *)pointer);
		return first != '/';
	}
	work->key.name.path[0] = '@'; /* an abstract name, written as everywhere */
	bpf_probe_read_user_str(work->key.name.path + 1, room, (void *)(pointer + 1));
	return 0;
}

static __always_inline void name_by_fd(struct call_work *work, u32 fd)
{
	if (begin_at(fd))
		work->key.name.naming = IOPATH_NAMED_BY_FD;
}

/* A path that begins at a descriptor; `may_be_fd`: an empty one stands for the descriptor. */
static __always_inline void name_at(struct call_work *work, u32 fd, u64 path, bool may_be_fd)
{
	if (read_path(path))
		begin_at(fd);
	else if (may_be_fd && !work->key.name.path[0])
		name_by_fd(work, fd);
}

/* Argument n of the current thread's system call, which has returned. */
__noinline u64 argument(u32 n)
{
	struct task_struct *task = current_task();

	return kept_arg(entry_registers(task), n, in_compat_syscall(task));
}

/* The current thread's system call; flags without IOPATH_SYSCALL_KNOWN: none that is in the table.
 */
static __always_inline struct iopath_syscall current_call(void)
{
	struct task_struct *task = current_task();
	const volatile struct iopath_syscall_pair *pair =
	    known_calls(syscall_number(entry_registers(task)));

	return pair ? call_of(pair, in_compat_syscall(task)) : (struct iopath_syscall){};
}

/* Does an empty path stand for the descriptor? */
static __always_inline bool may_be_fd(struct iopath_syscall call)
{
	if (call.file == IOPATH_FILE_EMPTY_PATH)
		return argument(call.args >> 4) & AT_EMPTY_PATH;
	return call.file == IOPATH_FILE_NULL_PATH && !argument(call.args >> 4);
}

/* How the current thread's system call, which has returned, names its file. */
__noinline int name_call(void)
{
	struct iopath_syscall call = current_call();
	struct call_work *work = this_call();

	if (!work)
		return 0;
	switch (naming_of(call)) {
	case IOPATH_NAMING_FD:
		name_by_fd(work, argument(call.args & 0xf));
		if (call.file == IOPATH_FILE_BOTH && !work->key.name.naming)
			name_by_fd(work, argument(call.args >> 4));
		break;
	case IOPATH_NAMING_PATH_0:
		name_at(work, AT_FDCWD, argument(0), false);
		break;
	case IOPATH_NAMING_PATH_1:
		name_at(work, AT_FDCWD, argument(1), false);
		break;
	case IOPATH_NAMING_AT_0:
		name_at(work, argument(0), argument(1), may_be_fd(call));
		break;
	case IOPATH_NAMING_AT_1:
		name_at(work, argument(1), argument(2), false);
		break;
	case IOPATH_NAMING_ADDRESS:
		if (read_address(argument(1), argument(2)))
			begin_at(AT_FDCWD);
		break;
	}
	return 0;
}

/* Nothing is known yet of what the current thread's call names. */
static __always_inline void forget_name(struct call_work *work, struct path_walk *walk)
{
	__builtin_memset(&work->key, 0, sizeof(work->key));
	forget_walk(walk);
}

/* From where the call's path begins up to the root of its process. */
__noinline int walk_from_beginning(void)
{
	struct path_walk *walk = this_walk();

	if (!walk)
		return 0;
	set_walk_root(walk, current_task());
	walk_up(walk);
	return 0;
}

#endif
