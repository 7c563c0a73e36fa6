/* SPDX-License-Identifier: GPL-2.0-only */
/* Locks that the nodes of a cluster share; part of iopath.h. In `flags` of struct
 * iopath_kernel_lock: IOPATH_LOCK_CLUSTER, and what lock it was. */
#ifndef IOPATH_CLUSTER_H
#define IOPATH_CLUSTER_H

#define IOPATH_LOCK_CLUSTER (1U << 30)

/* ocfs2's enum ocfs2_lock_type + 1; 0: not known. As l_type of its struct ocfs2_lock_res. */
#define IOPATH_CLUSTER_TYPE(flags) ((flags) >> 8 & 0xff)
/* DLM_LOCK_* of include/uapi/linux/dlmconstants.h: 3 is to read, 5 to write. */
#define IOPATH_CLUSTER_LEVEL(flags) ((flags) >> 16 & 0xf)
#define IOPATH_CLUSTER_FLAGS(type, level)                                                          \
	(IOPATH_LOCK_CLUSTER | ((type)&0xff) << 8 | ((level)&0xf) << 16)

#endif
