/* SPDX-License-Identifier: GPL-2.0-only */
/* NVMe's commands; part of iopath.h. */
#ifndef IOPATH_NVME_H
#define IOPATH_NVME_H

/* Commands that NVMe's driver handled on one CPU for one hardware queue. */
struct iopath_nvme_key {
	iop_u32 dev; /* of the disk; below 1 << 20 the number of a controller: commands for it */
	iop_u16 qid; /* 0: the admin queue */
	iop_u16 cpu;
};
#define IOPATH_NVME_UNKNOWN 0xfffff /* a controller without a known number */

struct iopath_nvme {
	char disk[IOPATH_DISK_NAME]; /* also of a path of a multipath device, which has no node */
	iop_u64 submitted;
	iop_u64 retries;
	/* Of those completed on this CPU: */
	iop_u64 elsewhere;             /* submitted on another one */
	iop_u64 interrupts;            /* found by this CPU or another in the completion queue, */
	iop_u64 interrupts_elsewhere;  /* of which on another than had submitted it */
	struct iopath_latency queue;   /* of those submitted here: asked for until set up */
	struct iopath_latency command; /* set up until the driver had the answer */
	struct iopath_latency completion; /* from there until the request was done */
};

struct iopath_nvme_error_key {
	struct iopath_nvme_key queue;
	iop_u32 status; /* as of struct iopath_block_error_key */
	iop_u32 pad;
};

#endif
