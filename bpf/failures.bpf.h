/* SPDX-License-Identifier: GPL-2.0-only */
/* What failed, on which path: looked at when a call has returned an error, never before. The
 * functions take numbers only, so that every kernel verifies each once. */
#ifndef IOPATH_FAILURES_BPF_H
#define IOPATH_FAILURES_BPF_H

#include "calls.bpf.h"
#include "resolve.bpf.h"

/* Names and mount points between a file and its root. */
#define MOST_STEPS 64

static __always_inline struct failure_work *this_failure(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&failure_works, &zero);
}

/* The struct mount around a vfsmount. As a number, by way of memory: the verifier refuses
 * arithmetic on pointers. */
static __always_inline u64 mount_of(volatile u64 *memory, void *vfsmount)
{
	*memory = (u64)vfsmount;
	return *memory - bpf_core_field_offset(struct mount, mnt);
}

/* The name is that of a file or directory, whose inode tells it from others. Pipes, sockets
 * and the like have none: they stand `alone`, as only top directories do. */
static __always_inline int begin_walk(struct failure_work *work, void *dentry, void *vfsmount,
                                      bool alone)
{
	void *inode = READ_FIELD(dentry, dentry, d_inode);
	void *sb = READ_FIELD(inode, inode, i_sb);

	if (alone && (READ_FIELD(inode, inode, i_mode) & S_IFMT) != S_IFDIR)
		return 0;
	if (!alone && !READ_FIELD(dentry, dentry, d_hash.pprev))
		work->fresh.flags |= IOPATH_FAILURE_DELETED;
	work->dentry = (u64)dentry;
	work->mount = mount_of(&work->mount, vfsmount);
	work->key.begins_at = 1;
	work->key.inode = READ_FIELD(inode, inode, i_ino);
	work->key.generation = READ_FIELD(inode, inode, i_generation);
	work->key.dev = READ_FIELD(sb, super_block, s_dev);
	return 1;
}

/* The walk begins at a descriptor or at the current directory; 0: that has no name. */
__noinline int begin_at(u32 fd)
{
	struct failure_work *work = this_failure();
	struct task_struct *task = current_task();
	void *file, *dentry, *mnt;
	bool alone;

	if (!work)
		return 0;
	if ((s32)fd == AT_FDCWD) {
		void *fs = READ_FIELD(task, task_struct, fs);

		dentry = READ_FIELD(fs, fs_struct, pwd.dentry);
		mnt = READ_FIELD(fs, fs_struct, pwd.mnt);
	} else {
		file = file_at(READ_FIELD(task, task_struct, files), fd);
		if (!file)
			return 0;
		dentry = READ_FIELD(file, file, f_path.dentry);
		mnt = READ_FIELD(file, file, f_path.mnt);
	}
	alone = READ_FIELD(dentry, dentry, d_parent) == dentry;
	return begin_walk(work, dentry, mnt, alone);
}

/* One name or mount point up; 0 where the way ends. */
__noinline int step_up(void)
{
	struct failure_work *work = this_failure();
	void *dentry, *mount, *parent;
	long length;
	u32 at;

	if (!work)
		return 0;
	dentry = (void *)*(volatile u64 *)&work->dentry;
	mount = (void *)*(volatile u64 *)&work->mount;
	if ((u64)dentry == work->root_dentry && (u64)mount == work->root_mount)
		return 0;
	work->fresh.flags |= IOPATH_FAILURE_CUT; /* taken back at the root */
	if (READ_FIELD(mount, mount, mnt.mnt_root) == dentry) {
		parent = READ_FIELD(mount, mount, mnt_parent);
		if (parent == mount)
			return 0;
		work->dentry = (u64)READ_FIELD(mount, mount, mnt_mountpoint);
		work->mount = (u64)parent;
		return 1;
	}
	parent = READ_FIELD(dentry, dentry, d_parent);
	at = *(volatile u32 *)&work->fresh.names_bytes;
	if (parent == dentry || at >= IOPATH_FAILURE_NAMES)
		return 0;
	length = bpf_probe_read_kernel_str(&work->fresh.names[at], IOPATH_FAILURE_NAME,
	                                   READ_FIELD(dentry, dentry, d_name.name));
	if (length <= 0)
		return 0;
	work->fresh.names_bytes = at + length;
	work->dentry = (u64)parent;
	return 1;
}

/* The names from where the walk begins up to the process's root. */
__noinline int walk_up(void)
{
	struct failure_work *work = this_failure();
	void *fs = READ_FIELD(current_task(), task_struct, fs);

	if (!work || !fs || !work->dentry)
		return 0;
	work->root_dentry = (u64)READ_FIELD(fs, fs_struct, root.dentry);
	work->root_mount = mount_of(&work->root_mount, READ_FIELD(fs, fs_struct, root.mnt));
	for (u32 i = 0; i < MOST_STEPS; i++) {
		if (!step_up())
			break;
	}
	if (work->dentry == work->root_dentry && work->mount == work->root_mount)
		work->fresh.flags &= ~IOPATH_FAILURE_CUT;
	return 0;
}

/* The end of a path that is longer than its place. */
__noinline int read_path_end(u64 pointer)
{
	struct failure_work *work = this_failure();
	u64 end = pointer;

	if (!work)
		return 0;
	for (u32 i = 0; i < 1 + 4096 / IOPATH_FAILURE_NAMES; i++) {
		long length =
		    bpf_probe_read_user_str(work->fresh.names, IOPATH_FAILURE_NAMES, (void *)end);

		if (length <= 0)
			break;
		end += length - 1;
		if (length < IOPATH_FAILURE_NAMES)
			break;
	}
	bpf_probe_read_user_str(work->key.path, sizeof(work->key.path),
	                        (void *)(end - (sizeof(work->key.path) - 1)));
	work->key.front_cut = 1;
	return 0;
}

/* The path at a user's pointer; 1 if it begins at a directory that is not in it. */
__noinline int read_path(u64 pointer)
{
	struct failure_work *work = this_failure();
	char behind = 0;
	long length;

	if (!work)
		return 0;
	length = bpf_probe_read_user_str(work->key.path, sizeof(work->key.path), (void *)pointer);
	if (length < 0) /* of an empty one, old kernels say 0 */
		return 0;
	work->key.naming = IOPATH_NAMED_BY_PATH;
	if (length == sizeof(work->key.path))
		bpf_probe_read_user(&behind, 1, (void *)(pointer + length - 1));
	if (behind)
		return read_path_end(pointer);
	return work->key.path[0] && work->key.path[0] != '/';
}

/* The address given to connect; likewise. */
__noinline int read_address(u64 pointer, u32 length)
{
	struct failure_work *work = this_failure();
	u16 family = 0;
	char first = 0;
	u64 room;

	if (!work || bpf_probe_read_user(&family, sizeof(family), (void *)pointer))
		return 0;
	if (family == AF_INET || family == AF_INET6) {
		u32 size = family == AF_INET ? 16 : 28; /* struct sockaddr_in, sockaddr_in6 */

		if (length >= size && !bpf_probe_read_user(work->key.path, size, (void *)pointer))
			work->key.naming = IOPATH_NAMED_BY_SOCKADDR;
		return 0;
	}
	room = length - sizeof(family); /* of sun_path, which need not end in a zero */
	if (family != AF_UNIX || room > 108 || room < 1 ||
	    bpf_probe_read_user(&first, 1, (void *)(pointer + sizeof(family))))
		return 0;
	asm volatile("" : "+r"(room)); /* one register, whose bounds the verifier knows */
	room &= 127;
	work->key.naming = IOPATH_NAMED_BY_PATH;
	pointer += sizeof(family);
	if (first) {
		bpf_probe_read_user_str(work->key.path, room + 1, (void *)pointer);
		return first != '/';
	}
	work->key.path[0] = '@'; /* an abstract name, written as everywhere */
	bpf_probe_read_user_str(work->key.path + 1, room, (void *)(pointer + 1));
	return 0;
}

static __always_inline void name_by_fd(struct failure_work *work, u32 fd)
{
	if (begin_at(fd))
		work->key.naming = IOPATH_NAMED_BY_FD;
}

/* A path that begins at a descriptor; `may_be_fd`: an empty one stands for the descriptor. */
static __always_inline void name_at(struct failure_work *work, u32 fd, u64 path, bool may_be_fd)
{
	if (read_path(path))
		begin_at(fd);
	else if (may_be_fd && !work->key.path[0])
		name_by_fd(work, fd);
}

/* Argument n of the current thread's system call, which has returned. */
__noinline u64 argument(u32 n)
{
	struct task_struct *task = current_task();

	return kept_arg(entry_registers(task), n, in_compat_syscall(task));
}

/* Does an empty path stand for the descriptor? */
static __always_inline bool may_be_fd(struct iopath_syscall call)
{
	if (call.file == IOPATH_FILE_EMPTY_PATH)
		return argument(call.args >> 4) & AT_EMPTY_PATH;
	return call.file == IOPATH_FILE_NULL_PATH && !argument(call.args >> 4);
}

/* How the current thread's system call names its file. */
__noinline int name_failed(void)
{
	struct task_struct *task = current_task();
	const volatile struct iopath_syscall_pair *pair =
	    known_calls(syscall_number(entry_registers(task)));
	struct failure_work *work = this_failure();
	struct iopath_syscall call;

	if (!pair || !work)
		return 0;
	call = call_of(pair, in_compat_syscall(task));
	switch (call.flags >> IOPATH_SYSCALL_NAMING) {
	case IOPATH_NAMING_FD:
		name_by_fd(work, argument(call.args & 0xf));
		if (call.file == IOPATH_FILE_BOTH && !work->key.naming)
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

/* A failure that found no place of its own. */
static __always_inline void count_beyond(u32 op, u32 error)
{
	struct iopath_failures_beyond *beyond;
	u32 zero = 0;

	count_loss(IOPATH_LOSS_detail_full);
	beyond = bpf_map_lookup_elem(&failures_beyond, &zero);
	if (error >= IOPATH_FAILURE_ERRORS)
		error = 0;
	if (beyond && op < IOPATH_OP_COUNT)
		__sync_fetch_and_add(&beyond->count[op * IOPATH_FAILURE_ERRORS + error], 1);
}

/* The current thread's operation has failed after `ns`. */
__noinline int count_failure(u32 row, u32 op, u32 error, u64 ns)
{
	struct failure_work *work = this_failure();
	struct task_struct *task = current_task();
	struct iopath_failure *known;

	if (!work)
		return 0;
	__builtin_memset(&work->key, 0, sizeof(work->key));
	work->key.tgid = TASK(task, tgid);
	work->key.row = row;
	work->key.error = error;
	work->fresh.flags = 0;
	work->fresh.names_bytes = 0;
	work->dentry = 0;
	name_failed();
	known = bpf_map_lookup_elem(&failures, &work->key);
	if (!known) {
		walk_up();
		read_comm(work->fresh.comm, task);
		bpf_map_update_elem(&failures, &work->key, &work->fresh, BPF_NOEXIST);
		known = bpf_map_lookup_elem(&failures, &work->key);
	}
	if (known) {
		__sync_fetch_and_add(&known->count, 1);
		__sync_fetch_and_add(&known->ns, ns);
	} else {
		count_beyond(op, error);
	}
	return 0;
}

#endif
