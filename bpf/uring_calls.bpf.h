/* SPDX-License-Identifier: GPL-2.0-only */
/* What the operations of io_uring are, by the numbers of include/uapi/linux/io_uring.h. */
#ifndef IOPATH_URING_CALLS_BPF_H
#define IOPATH_URING_CALLS_BPF_H

#include "compat.bpf.h"

enum uring_file {
	URING_FILE,   /* the request's */
	URING_PATH,   /* unknown */
	URING_RESULT, /* the descriptor that comes out of it */
	URING_BOTH,   /* the request's (output) and another's */
	URING_CLOSED  /* gone by the end */
};

#define URING_KNOWN     1
#define URING_BYTES     2 /* a positive result is bytes */
#define URING_ALWAYS    4 /* done by a worker, unless the kernel knows better */
#define URING_MULTISHOT 8 /* can be */

struct uring_call {
	u8 op;
	u8 file;
	u8 flags;
	u8 pad;
};

/* Of them, those that are told apart. */
enum uring_opcode {
	URING_OPENAT = 18,
	URING_STATX = 21,
	URING_OPENAT2 = 28,
	URING_RENAMEAT = 35,
	URING_UNLINKAT = 36,
	URING_MKDIRAT = 37,
	URING_SYMLINKAT = 38,
	URING_LINKAT = 39,
};

#define URING_OPCODES 64
#define URING_IS(what, where, more)                                                                \
	{                                                                                          \
		IOPATH_OP_##what, where, URING_KNOWN | (more), 0                                   \
	}

static const struct uring_call uring_calls[URING_OPCODES] = {
    [1] = URING_IS(read, URING_FILE, URING_BYTES),                    /* READV */
    [2] = URING_IS(write, URING_FILE, URING_BYTES),                   /* WRITEV */
    [3] = URING_IS(sync, URING_FILE, URING_ALWAYS),                   /* FSYNC */
    [4] = URING_IS(read, URING_FILE, URING_BYTES),                    /* READ_FIXED */
    [5] = URING_IS(write, URING_FILE, URING_BYTES),                   /* WRITE_FIXED */
    [8] = URING_IS(sync, URING_FILE, URING_ALWAYS),                   /* SYNC_FILE_RANGE */
    [9] = URING_IS(send, URING_FILE, URING_BYTES),                    /* SENDMSG */
    [10] = URING_IS(recv, URING_FILE, URING_BYTES | URING_MULTISHOT), /* RECVMSG */
    [13] = URING_IS(accept, URING_FILE, URING_MULTISHOT),             /* ACCEPT */
    [16] = URING_IS(connect, URING_FILE, 0),                          /* CONNECT */
    [17] = URING_IS(metadata, URING_FILE, URING_ALWAYS),              /* FALLOCATE */
    [18] = URING_IS(open, URING_RESULT, 0),                           /* OPENAT */
    [19] = URING_IS(close, URING_CLOSED, 0),                          /* CLOSE */
    [21] = URING_IS(metadata, URING_PATH, URING_ALWAYS),              /* STATX */
    [22] = URING_IS(read, URING_FILE, URING_BYTES),                   /* READ */
    [23] = URING_IS(write, URING_FILE, URING_BYTES),                  /* WRITE */
    [26] = URING_IS(send, URING_FILE, URING_BYTES),                   /* SEND */
    [27] = URING_IS(recv, URING_FILE, URING_BYTES | URING_MULTISHOT), /* RECV */
    [28] = URING_IS(open, URING_RESULT, 0),                           /* OPENAT2 */
    [30] = URING_IS(splice, URING_BOTH, URING_BYTES | URING_ALWAYS),  /* SPLICE */
    [33] = URING_IS(splice, URING_BOTH, URING_BYTES | URING_ALWAYS),  /* TEE */
    [35] = URING_IS(metadata, URING_PATH, URING_ALWAYS),              /* RENAMEAT */
    [36] = URING_IS(metadata, URING_PATH, URING_ALWAYS),              /* UNLINKAT */
    [37] = URING_IS(metadata, URING_PATH, URING_ALWAYS),              /* MKDIRAT */
    [38] = URING_IS(metadata, URING_PATH, URING_ALWAYS),              /* SYMLINKAT */
    [39] = URING_IS(metadata, URING_PATH, URING_ALWAYS),              /* LINKAT */
    [41] = URING_IS(metadata, URING_FILE, URING_ALWAYS),              /* FSETXATTR */
    [42] = URING_IS(metadata, URING_PATH, URING_ALWAYS),              /* SETXATTR */
    [43] = URING_IS(metadata, URING_FILE, URING_ALWAYS),              /* FGETXATTR */
    [44] = URING_IS(metadata, URING_PATH, URING_ALWAYS),              /* GETXATTR */
    [47] = URING_IS(send, URING_FILE, URING_BYTES),                   /* SEND_ZC */
    [48] = URING_IS(send, URING_FILE, URING_BYTES),                   /* SENDMSG_ZC */
    [49] = URING_IS(read, URING_FILE, URING_BYTES | URING_MULTISHOT), /* READ_MULTISHOT */
    [55] = URING_IS(metadata, URING_FILE, URING_ALWAYS),              /* FTRUNCATE */
    [58] = URING_IS(recv, URING_FILE, URING_BYTES | URING_MULTISHOT), /* RECV_ZC */
    [60] = URING_IS(read, URING_FILE, URING_BYTES),                   /* READV_FIXED */
    [61] = URING_IS(write, URING_FILE, URING_BYTES),                  /* WRITEV_FIXED */
};

static __always_inline struct uring_call uring_call_of(u32 opcode)
{
	if (opcode >= URING_OPCODES)
		return (struct uring_call){};
	return uring_calls[opcode];
}

/* Does a request of this kind name something by a path? */
static __always_inline bool names_by_path(u32 opcode)
{
	u8 file = uring_call_of(opcode).file;

	return file == URING_PATH || file == URING_RESULT;
}

#endif
