/* SPDX-License-Identifier: GPL-2.0-only */
/* From a descriptor to the row that its operation belongs to. */
#ifndef IOPATH_RESOLVE_BPF_H
#define IOPATH_RESOLVE_BPF_H

#include "files.bpf.h"
#include "ledger.bpf.h"
#include "numbers.bpf.h"

#define KIND_MODE(kind)        ((kind) >> 8 & S_IFMT)
#define KIND_FAMILY(kind)      ((kind)&0xff)
#define KIND_SOCKET_TYPE(kind) ((kind) >> 24)
#define KIND_NUMBER(kind)      ((kind)&IOPATH_OTHER_FILES) /* of what is no socket */
#define UNKNOWN_FILE           ((struct file_identity){})

/* Where a kernel has no bpf_rdonly_cast the same loads are probe reads. Identities
 * are passed by value, so that they stay in registers. `own`: a file of the current process. */
static __always_inline struct file_identity identify_file(void *pointer, bool own)
{
	void *inode = READ_FIELD(pointer, file, f_inode);
	u32 mode = READ_FIELD(inode, inode, i_mode) & S_IFMT;
	struct file_identity id = {.kind = mode << 8};

	if (mode == S_IFSOCK) {
		void *socket = READ_FIELD(pointer, file, private_data);
		void *sk = socket ? READ_FIELD(socket, socket, sk) : NULL;

		if (sk)
			id.kind |= (u32)(u8)READ_FIELD(socket, socket, type) << 24 |
			           (u8)READ_FIELD(sk, sock_common, skc_family);
	} else if (mode == S_IFBLK || mode == S_IFCHR) {
		id.dev = READ_FIELD(inode, inode, i_rdev);
	} else if (mode != S_IFIFO) {
		void *sb = READ_FIELD(inode, inode, i_sb);

		id.dev = READ_FIELD(sb, super_block, s_dev);
		id.fs_type = (u64)READ_FIELD(sb, super_block, s_type);
	}
	if (config.by == IOPATH_BY_FILE)
		id.kind |= file_number(address_of(pointer), own);
	return id;
}

/* Where functions are verified for every call, the verifier must not tell one kind of
 * file from another: 219,000 instructions become 12,000. It forgets what goes through
 * memory of a map. */
static __always_inline struct file_identity forget_values(struct file_identity id)
{
#ifdef IOPATH_UNTYPED
	volatile struct file_identity *memory;
	u32 zero = 0;

	memory = bpf_map_lookup_elem(&identities, &zero);
	if (!memory)
		return UNKNOWN_FILE;
	memory->fs_type = id.fs_type;
	memory->dev = id.dev;
	memory->kind = id.kind;
	id.fs_type = memory->fs_type;
	id.dev = memory->dev;
	id.kind = memory->kind;
#endif
	return id;
}

/* The file of a descriptor among a thread's files; NULL where there is none. */
static __always_inline void *file_at(void *files, u32 fd)
{
	void *table = READ_FIELD(files, files_struct, fdt);

	if (fd >= READ_FIELD(table, fdtable, max_fds))
		return NULL;
	return read_slot((void *)READ_FIELD(table, fdtable, fd) + (u64)fd * sizeof(void *));
}

/* Identity of a descriptor among a thread's files; unknown where there is none. */
static __always_inline struct file_identity identify_fd(void *files, u32 fd)
{
	void *file = file_at(files, fd);

	return file ? identify_file(file, true) : UNKNOWN_FILE;
}

static __always_inline void *files_of_current(void)
{
	return READ_FIELD(current_task(), task_struct, files);
}

static __always_inline u8 socket_target(u32 kind)
{
	u32 family = KIND_FAMILY(kind), type = KIND_SOCKET_TYPE(kind);

	if (family == AF_UNIX)
		return IOPATH_TARGET_unix_socket;
	if (family == AF_INET || family == AF_INET6) {
		if (type == SOCK_STREAM)
			return IOPATH_TARGET_tcp;
		if (type == SOCK_DGRAM)
			return IOPATH_TARGET_udp;
	}
	return IOPATH_TARGET_socket;
}

static __always_inline u8 target_of(struct file_identity id)
{
	switch (KIND_MODE(id.kind)) {
	case S_IFIFO:
		return IOPATH_TARGET_pipe;
	case S_IFSOCK:
		return socket_target(id.kind);
	case S_IFBLK:
		return IOPATH_TARGET_blockdev;
	case S_IFCHR:
		return IOPATH_TARGET_other;
	default:
		return IOPATH_TARGET_file;
	}
}

/* tty majors: 4 tty and serial, 5 console and /dev/tty, 136-143 pts, 204 serial. */
static __always_inline bool is_tty(struct file_identity id)
{
	u32 major = id.dev >> 20;

	return KIND_MODE(id.kind) == S_IFCHR &&
	       (major == 4 || major == 5 || (major >= 136 && major <= 143) || major == 204);
}

/* Names of file systems, by their first letters: a string would need a map of its own. */
#define FS_ANONYMOUS 0x5f6e6f6e61 /* "anon_" */
#define FS_FUSE      0x65737566   /* "fuse" */

/* enum iopath_target of a file | its flags << 8 | 1 << 16 if its file system has no name worth
 * a row. Takes numbers only: one path for the verifier, where the caller would be walked for
 * each kind of file. `name`: the first 8 letters of its file system's. */
__noinline u32 classify(u32 kind, u32 dev, u64 name)
{
	struct file_identity id = {.kind = kind, .dev = dev};

	if ((name & 0xffffffffff) == FS_ANONYMOUS)
		return IOPATH_TARGET_other | 1 << 16;
	if (is_tty(id) || (u32)name == FS_FUSE)
		return target_of(id) | FILE_WAITS_FOR_PEER << 8;
	return target_of(id);
}

/* Is this the number of one file? */
static __always_inline bool has_number(u64 file)
{
	return file && file != IOPATH_OTHER_FILES;
}

/* A new row in the dictionary; 0 where there is no room. */
static __always_inline u32 add_row(struct iopath_row_info *info)
{
	struct iopath_row_info *slot;
	u32 row, limit = config.max_rows;

	if (config.by == IOPATH_BY_FILE && has_number(info->key.scope))
		limit = config.max_file_rows;
	row = take_number(IOPATH_NUMBERED_ROW, IOPATH_FIRST_FREE_ROW, limit);
	if (!row)
		return 0;
	slot = bpf_map_lookup_elem(&row_infos, &row);
	if (!slot)
		return 0;
	*slot = *info;
	return enter_number(&row_dictionary, &info->key, row);
}

static __always_inline u32 row_of(struct iopath_row_info *info)
{
	u32 *known = bpf_map_lookup_elem(&row_dictionary, &info->key);

	if (known)
		return *known;
	if (config.by == IOPATH_BY_PROCESS)
		read_comm(info->comm, current_task());
	return add_row(info);
}

/* Moves the current thread's time not yet added to `top` from its cache into the map. */
VERIFIED_ONCE int flush_top(struct row_cache *slot)
{
	struct task_struct *task = current_task();
	struct iopath_top_key key = {.tgid = TASK(task, tgid)};
	struct iopath_top *known, fresh = {};

	if (!slot || !slot->top_ns)
		return 0;
	if (!slot->place.row) { /* counted in a catch-all row */
		slot->top_ns = 0;
		return 0;
	}
	key.row = slot->place.row;
	known = bpf_map_lookup_elem(&tops, &key);
	if (!known) {
		read_comm(fresh.comm, task);
		bpf_map_update_elem(&tops, &key, &fresh, BPF_NOEXIST);
		known = bpf_map_lookup_elem(&tops, &key);
	}
	if (known)
		__sync_fetch_and_add(&known->ns, slot->top_ns);
	else
		count_loss(IOPATH_LOSS_detail_full);
	slot->top_ns = 0;
	return 0;
}

/* What a row is told apart by beyond the file system and device (--by). */
static __always_inline u64 row_scope(struct task_struct *task)
{
	if (config.by == IOPATH_BY_PROCESS)
		return TASK(task, tgid);
	return config.by == IOPATH_BY_CGROUP ? bpf_get_current_cgroup_id() : 0;
}

/* An op with the interface it was asked for by. */
#define OP_BY(op, interface) ((op) | (interface) << 8)

/* The file system's name; its first letters as a word. */
VERIFIED_ONCE u64 name_fs(const struct file_identity *id, struct iopath_row_info *info)
{
	u64 word;

	if (!id || !info)
		return 0;
	if (id->fs_type) {
		const char *name = READ_FIELD((void *)id->fs_type, file_system_type, name);

		if (bpf_probe_read_kernel_str(info->fs, sizeof(info->fs), name) < 0)
			count_loss(IOPATH_LOSS_read_failed);
	}
	__builtin_memcpy(&word, info->fs, sizeof(word));
	return word;
}

/* The slow way to a row: through the dictionary. Fills the cache slot. `op`: OP_BY(). */
VERIFIED_ONCE int find_row(struct row_cache *slot, const struct file_identity *id, u32 op,
                           u32 peer_target, u64 scope)
{
	struct iopath_row_info info = {};
	u32 row, class;
	u8 target, flags;

	if (!slot || !id)
		return 0;
	class = classify(id->kind, id->dev, name_fs(id, &info));
	if (class >> 16)
		info.fs[0] = 0;
	target = class;
	flags = class >> 8;
	flush_top(slot);
	info.key.op = op;
	info.key.interface = op >> 8;
	info.key.target = target;
	info.key.peer_target = peer_target;
	info.key.scope = scope;
	if (config.by == IOPATH_BY_FILE && KIND_MODE(id->kind) != S_IFSOCK)
		info.key.scope = KIND_NUMBER(id->kind);
	if (target == IOPATH_TARGET_file)
		info.key.fs_type = id->fs_type;
	if (target == IOPATH_TARGET_file || target == IOPATH_TARGET_blockdev)
		info.key.dev = id->dev;
	row = row_of(&info);
	if (config.by == IOPATH_BY_FILE && !row && has_number(info.key.scope)) {
		count_loss(IOPATH_LOSS_map_full);
		info.key.scope = IOPATH_OTHER_FILES;
		row = row_of(&info);
	}
	slot->fs_type = id->fs_type;
	slot->dev = id->dev;
	slot->kind = id->kind;
	/* Not kept as this file's, so that each of these operations counts. */
	if (config.by == IOPATH_BY_FILE && info.key.scope == IOPATH_OTHER_FILES)
		slot->kind |= IOPATH_OTHER_FILES;
	slot->scope = scope;
	slot->place = (struct row_place){.row = row, .file_flags = flags, .target = target};
	return row;
}

/* Is the cached row that of this file? */
static __always_inline bool cache_hits(const struct row_cache *slot, struct file_identity id)
{
	if (slot->kind != id.kind || slot->dev != id.dev || slot->fs_type != id.fs_type ||
	    !slot->place.row)
		return false;
	return config.by != IOPATH_BY_CGROUP || slot->scope == bpf_get_current_cgroup_id();
}

/* Where an operation on a file is counted, by the thread's cache. A dictionary
 * without room sends it to the op's own catch-all row and counts the loss. `op`: OP_BY(). */
static __always_inline struct row_place place_of(struct row_cache *slot, struct file_identity id,
                                                 u32 op, u32 peer_target)
{
	struct file_identity copy;
	struct row_place place;

	if (!is_wanted_device(id.dev)) /* never kept: a mount may come */
		return (struct row_place){.row = IOPATH_UNWANTED_ROW};
	if (peer_target == IOPATH_NO_PEER_TARGET && cache_hits(slot, id))
		return slot->place;
	copy = id;
	if (find_row(slot, &copy, op, peer_target, row_scope(current_task())))
		return slot->place;
	count_loss(IOPATH_LOSS_map_full);
	place = slot->place;
	place.row = 1 + (u8)op;
	return place;
}

#endif
