/* SPDX-License-Identifier: GPL-2.0-only */
/* How io_uring and libaio differ from kernel to kernel, one accessor per fact. */
#ifndef IOPATH_ASYNC_COMPAT_BPF_H
#define IOPATH_ASYNC_COMPAT_BPF_H

#include "compat.bpf.h"

/* The number, also one that is an address, in kernel memory at `address`; without a word about
 * what cannot be read, as it may be no address at all. The verifier takes it for a number only
 * if the type it is read from says so: any with a number does. */
static __always_inline u64 peek(u64 address)
{
	u64 value = 0;

	if (HAS_RDONLY_CAST) {
		struct pt_regs *around =
		    bpf_rdonly_cast((void *)(address - bpf_core_field_offset(struct pt_regs, sp)),
		                    IOPATH_TYPE_pt_regs);
		return around->sp;
	}
	bpf_probe_read_kernel(&value, sizeof(value), (void *)address);
	return value;
}

/* What is at a structure's field, of those that the loader has looked for. */
#define HAS_KERNEL_FIELD(id)             (config.fields.id != IOPATH_NO_FIELD)
#define KERNEL_FIELD(address, id)        peek((u64)(address) + config.fields.id)
#define PEEK_FIELD(address, type, field) peek((address) + bpf_core_field_offset(struct type, field))

/* In io_kiocb.cqe since 5.19. */
static __always_inline u64 uring_user_data(u64 request)
{
	return HAS_KERNEL_FIELD(request_cqe) ? KERNEL_FIELD(request, request_cqe)
	                                     : KERNEL_FIELD(request, request_user_data);
}

/* Of what a kernel names at a completion: until 5.14 not the request. */
static __always_inline u64 uring_key_of_numbers(u64 context, u64 user_data)
{
	return (context ^ user_data * 0x9E3779B97F4A7C15ULL) | 1;
}

static __always_inline u64 uring_key(u64 request)
{
	if (HAS_KERNEL_FIELD(request_cqe))
		return request;
	return uring_key_of_numbers(KERNEL_FIELD(request, request_ring), uring_user_data(request));
}

/* The request that a worker of io_uring is at, as its key; 0: none. Kernel threads use the
 * same field for other things. In 5.12. */
static __always_inline u64 worker_request(struct task_struct *task)
{
	u64 worker, work;

	if (!bpf_core_field_exists(task->worker_private) || !(TASK(task, flags) & PF_IO_WORKER) ||
	    !HAS_KERNEL_FIELD(worker_work))
		return 0;
	worker = (u64)READ_FIELD(task, task_struct, worker_private);
	if (!worker) /* it polls the submission queue */
		return 0;
	work = KERNEL_FIELD(worker, worker_work);
	return work ? uring_key(work - config.fields.request_work) : 0;
}

/* Registered descriptors are known by their file only, which a request has from when it
 * has begun. */
static __always_inline u64 uring_file(u64 request)
{
	return KERNEL_FIELD(request, request_file);
}

/* recv: the flag is the ring's own, beside those of the call. Where it cannot be told, any
 * may complete again and again. */
#define IORING_RECV_MULTISHOT 2
static __always_inline bool recv_is_multishot(u64 request)
{
	return !HAS_KERNEL_FIELD(recv_flags) ||
	       KERNEL_FIELD(request, recv_flags) & IORING_RECV_MULTISHOT;
}

/* struct io_uring_cqe is the application's, too: its layout does not change. */
static __always_inline u64 cqe_user_data(u64 cqe)
{
	return peek(cqe);
}

static __always_inline s32 cqe_result(u64 cqe)
{
	return (s32)peek(cqe + 8);
}

/* ---- libaio --------------------------------------------------------------------- */

/* The application's control block may be at the same address in another process. */
static __always_inline u64 aio_key(u64 iocb, u32 tgid)
{
	return (iocb ^ (u64)tgid * 0x9E3779B97F4A7C15ULL) | 2;
}

/* The request whose direct I/O made this bio: iomap_dio (file systems) and blkdev_dio (block
 * devices) both begin with the kernel's control block, and the latter may hold the bio
 * itself. Others' bios lead to a number that is no key. */
static __always_inline u64 aio_key_of_bio(struct bio *bio, u32 tgid)
{
	u64 address = address_of(bio), dio = PEEK_FIELD(address, bio, bi_private), kiocb;

	if (!dio && HAS_KERNEL_FIELD(dio_bio))
		dio = address - config.fields.dio_bio;
	if (!HAS_KERNEL_FIELD(aio_result) || (s64)dio >= 0)
		return 0;
	kiocb = peek(dio);
	/* The result begins with the application's number and its control block. */
	return (s64)kiocb < 0 ? aio_key(peek(kiocb + config.fields.aio_result + 8), tgid) : 0;
}

#endif
