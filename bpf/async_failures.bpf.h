/* SPDX-License-Identifier: GPL-2.0-only */
/* What asynchronous requests fail on. A path that a request of io_uring names is put down as it is
 * submitted: the application need not keep it until the request has ended, and nor does the
 * kernel. The functions take numbers only, so that every kernel verifies each once. */
#ifndef IOPATH_ASYNC_FAILURES_BPF_H
#define IOPATH_ASYNC_FAILURES_BPF_H

#include "async_compat.bpf.h"
#include "async_maps.bpf.h"
#include "failures.bpf.h"
#include "uring_calls.bpf.h"

/* Address of the struct filename of what a request opens or changes; 0: none that is known. */
static __always_inline u64 filename_of(u64 request, u32 opcode)
{
#define NAME(opcode, id)                                                                           \
	case opcode:                                                                               \
		return HAS_KERNEL_FIELD(id) ? KERNEL_FIELD(request, id) : 0
	switch (opcode) {
		NAME(URING_OPENAT, open_path);
		NAME(URING_OPENAT2, open_path);
		NAME(URING_STATX, statx_path);
		NAME(URING_RENAMEAT, rename_path);
		NAME(URING_UNLINKAT, unlink_path);
		NAME(URING_MKDIRAT, mkdir_path);
		NAME(URING_SYMLINKAT, symlink_path);
		NAME(URING_LINKAT, link_path);
	}
#undef NAME
	return 0;
}

static __always_inline u32 directory_of(u64 request, u32 opcode)
{
	if (opcode == URING_SYMLINKAT)
		return HAS_KERNEL_FIELD(symlink_directory)
		           ? KERNEL_FIELD(request, symlink_directory)
		           : 0;
	return HAS_KERNEL_FIELD(open_directory) ? KERNEL_FIELD(request, open_directory) : 0;
}

/* The path at a pointer of the kernel's, of a longer one its end; 1 if it begins at a directory
 * that is not in it. */
__noinline int copy_path(u64 text)
{
	struct call_work *work = this_call();
	long length;

	if (!work)
		return 0;
	for (u32 i = 0; i < 1 + 4096 / (IOPATH_CALL_PATH - 1); i++) {
		length = bpf_probe_read_kernel_str(work->text, IOPATH_CALL_PATH, (void *)text);
		if (length < IOPATH_CALL_PATH)
			break;
		text += IOPATH_CALL_PATH - 1;
		work->key.name.front_cut = 1;
	}
	if (length <= 0)
		return 0;
	if (work->key.name.front_cut)
		text -= IOPATH_CALL_PATH - length;
	bpf_probe_read_kernel_str(work->key.name.path, IOPATH_CALL_PATH, (void *)text);
	work->key.name.naming = IOPATH_NAMED_BY_PATH;
	return !work->key.name.front_cut && work->key.name.path[0] && work->key.name.path[0] != '/';
}

/* A request is submitted: what does it name? */
__noinline int keep_name(u64 key, u64 request, u32 opcode)
{
	struct call_work *work = this_call();
	struct path_walk *walk = this_walk();
	struct iopath_async_op *op = find_async(key);
	u64 filename = filename_of(request, opcode);

	if (!op || !work || !walk)
		return 0;
	if (!filename || !HAS_KERNEL_FIELD(path_text)) {
		/* One that ended without a word may have had its address, and a name. */
		bpf_map_delete_elem(&async_names, &key);
		return 0;
	}
	forget_name(work, walk);
	op->fd = directory_of(request, opcode);
	if (copy_path(KERNEL_FIELD(filename, path_text)))
		begin_at(op->fd);
	if (bpf_map_update_elem(&async_names, &key, &work->key.name, BPF_ANY))
		count_loss(IOPATH_LOSS_detail_full);
	return 0;
}

/* The name that was put down for a request, if one was. The names of the directory it begins at are
 * there if that is the same still. */
__noinline int recall_name(u64 key, u32 fd, u32 own)
{
	struct call_work *work = this_call();
	struct path_walk *walk = this_walk();
	struct iopath_call_name *name = bpf_map_lookup_elem(&async_names, &key);

	if (!work || !walk || !name)
		return 0;
	if (name->begins_at && own && begin_at(fd) &&
	    (walk->key.inode != name->inode || walk->key.dev != name->dev ||
	     walk->key.generation != name->generation))
		forget_walk(walk);
	if (name->begins_at && !walk->dentry)
		walk->file.names.flags |= IOPATH_NAMES_CUT;
	if (bpf_probe_read_kernel(&work->key.name, sizeof(work->key.name), name))
		count_loss(IOPATH_LOSS_read_failed);
	return 0;
}

/* The request has failed after `ns`; its file can still be asked for its name. */
__noinline int count_failed_request(u64 key, u32 row, u32 error, u64 ns)
{
	struct call_work *work = this_call();
	struct path_walk *walk = this_walk();
	struct iopath_async_op *op = find_async(key);
	u32 own;

	if (!work || !walk || !op)
		return 0;
	begin_failure(work, walk, op->tgid, row, error);
	own = TASK(current_task(), tgid) == op->tgid;
	if (names_by_path(op->opcode))
		recall_name(key, op->fd, own);
	else if (begin_at_opened(work, walk, (void *)uring_file(op->request)))
		work->key.name.naming = IOPATH_NAMED_BY_FD;
	return add_failure(op->op, ns, own);
}

/* A request of libaio has failed, one of the current process. Deep in its loops there is no stack
 * left before 6.3 to look for the name of its file. */
__noinline int count_failed_iocb(u32 op, u32 row, u32 error, u64 ns)
{
	struct call_work *work = this_call();
	struct path_walk *walk = this_walk();
	struct iopath_failure *known;

	if (!work || !walk)
		return 0;
	begin_failure(work, walk, TASK(current_task(), tgid), row, error);
	known = bpf_map_lookup_elem(&failures, &work->key);
	if (!known) {
		work->failure.names.flags = 0;
		work->failure.names.bytes = 0;
		read_comm(work->failure.comm, current_task());
		known = enter_failure(work);
	}
	count_one(known, op, error, ns);
	return 0;
}

/* Nothing is kept of a request that has ended. */
static __always_inline void forget_request_name(u64 key, u32 opcode)
{
	if (names_by_path(opcode))
		bpf_map_delete_elem(&async_names, &key);
}

#endif
