/* SPDX-License-Identifier: GPL-2.0-only */
/* What of the kernel programs name by its id in the kernel's BTF: functions to call, and structures
 * to cast to. In their code stand numbers that mean nothing to any kernel; the loader puts the ids
 * there. libbpf would look for them itself, in all of that BTF, 9 ms for each object. */
#ifndef IOPATH_KERNEL_H
#define IOPATH_KERNEL_H

/* Called as if they were helpers of these numbers. */
#define IOPATH_KERNEL_CALLS(X)                                                                     \
	X(bpf_rdonly_cast)     /* 6.2 */                                                           \
	X(bpf_preempt_disable) /* 6.11 */                                                          \
	X(bpf_preempt_enable)

#define IOPATH_KERNEL_TYPES(X)                                                                     \
	X(address_space)                                                                           \
	X(address_space_operations)                                                                \
	X(bio)                                                                                     \
	X(blk_mq_hw_ctx)                                                                           \
	X(blk_plug)                                                                                \
	X(blkcg_gq)                                                                                \
	X(block_device)                                                                            \
	X(callback_head)                                                                           \
	X(cgroup)                                                                                  \
	X(cgroup_root)                                                                             \
	X(cgroup_subsys_state)                                                                     \
	X(css_set)                                                                                 \
	X(dentry)                                                                                  \
	X(dirty_throttle_control)                                                                  \
	X(fdtable)                                                                                 \
	X(file)                                                                                    \
	X(file_lock)                                                                               \
	X(file_lock___before_6_9)                                                                  \
	X(file_lock_core)                                                                          \
	X(file_system_type)                                                                        \
	X(files_struct)                                                                            \
	X(folio)                                                                                   \
	X(folio___before_6_6)                                                                      \
	X(fs_struct)                                                                               \
	X(gendisk)                                                                                 \
	X(inode)                                                                                   \
	X(iov_iter)                                                                                \
	X(kernfs_node)                                                                             \
	X(kiocb)                                                                                   \
	X(kthread)                                                                                 \
	X(mount)                                                                                   \
	X(net_device)                                                                              \
	X(page)                                                                                    \
	X(pt_regs)                                                                                 \
	X(request)                                                                                 \
	X(request_queue)                                                                           \
	X(signal_struct)                                                                           \
	X(sk_buff)                                                                                 \
	X(sock_common)                                                                             \
	X(socket)                                                                                  \
	X(super_block)                                                                             \
	X(task_struct)                                                                             \
	X(vm_area_struct)                                                                          \
	X(vm_fault)

#define IOPATH_CALL_ID(name) IOPATH_CALL_##name,
#define IOPATH_TYPE_ID(name) IOPATH_TYPE_##name,
enum iopath_kernel_call {
	IOPATH_CALL_FIRST = 0x10bf0000,
	IOPATH_CALL_BEFORE_FIRST = IOPATH_CALL_FIRST - 1,
	IOPATH_KERNEL_CALLS(IOPATH_CALL_ID) IOPATH_CALL_END
};
enum iopath_kernel_type {
	IOPATH_TYPE_FIRST = 0x10c00000,
	IOPATH_TYPE_BEFORE_FIRST = IOPATH_TYPE_FIRST - 1,
	IOPATH_KERNEL_TYPES(IOPATH_TYPE_ID) IOPATH_TYPE_END
};

#endif
