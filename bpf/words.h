/* SPDX-License-Identifier: GPL-2.0-only */
/* The words of iopath as lists, one line each: both the BPF programs and the
 * collector expand them, so a stage, an op or a loss is added in one place.
 * X(id, "word") in the order in which reports show them. */
#ifndef IOPATH_WORDS_H
#define IOPATH_WORDS_H

#define IOPATH_OPS(X)                                                                              \
	X(read, "read")                                                                            \
	X(write, "write")                                                                          \
	X(sync, "sync")                                                                            \
	X(open, "open")                                                                            \
	X(close, "close")                                                                          \
	X(metadata, "metadata")                                                                    \
	X(lock, "lock")                                                                            \
	X(recv, "recv")                                                                            \
	X(send, "send")                                                                            \
	X(connect, "connect")                                                                      \
	X(accept, "accept")                                                                        \
	X(splice, "splice")

#define IOPATH_TARGETS(X)                                                                          \
	X(file, "file")                                                                            \
	X(blockdev, "blockdev")                                                                    \
	X(pipe, "pipe")                                                                            \
	X(tcp, "tcp")                                                                              \
	X(udp, "udp")                                                                              \
	X(unix_socket, "unix")                                                                     \
	X(socket, "socket")                                                                        \
	X(other, "other")

#define IOPATH_STAGES(X)                                                                           \
	X(cpu, "cpu")                                                                              \
	X(hardirq, "hardirq")                                                                      \
	X(softirq, "softirq")                                                                      \
	X(preempted, "preempted")                                                                  \
	X(runqueue, "runqueue")                                                                    \
	X(block_queue, "block_queue")                                                              \
	X(device, "device")                                                                        \
	X(completion, "completion")                                                                \
	X(helper, "helper")                                                                        \
	X(lock, "lock")                                                                            \
	X(throttle, "throttle")                                                                    \
	X(reclaim, "reclaim")                                                                      \
	X(peer, "peer")                                                                            \
	X(network, "network")                                                                      \
	X(net_rx, "net_rx")                                                                        \
	X(timer, "timer")                                                                          \
	X(other, "other")

/* Flags of a request that are counted; X(id, the kernel's name, "word"). */
#define IOPATH_REQUEST_FLAGS(X)                                                                    \
	X(sync, SYNC, "sync")                                                                      \
	X(fua, FUA, "fua")                                                                         \
	X(preflush, PREFLUSH, "preflush")                                                          \
	X(meta, META, "meta")                                                                      \
	X(readahead, RAHEAD, "readahead")                                                          \
	X(background, BACKGROUND, "background")

/* How an operation was asked for. */
#define IOPATH_INTERFACES(X)                                                                       \
	X(syscall, "syscall")                                                                      \
	X(io_uring, "io_uring")                                                                    \
	X(libaio, "libaio")                                                                        \
	X(page_fault, "page_fault") /* of a file that is mapped (mmap) */

/* Offsets in structures of the kernel, read from its BTF in one pass: libbpf searches all of it
 * for each structure and object, 2 ms a time. X(id, structure, field) */
#define IOPATH_FIELDS(X)                                                                           \
	X(request_file, "io_kiocb", "file")                                                        \
	X(request_opcode, "io_kiocb", "opcode")                                                    \
	X(request_flags, "io_kiocb", "flags")                                                      \
	X(request_ring, "io_kiocb", "ctx")                                                         \
	X(request_link, "io_kiocb", "link")                                                        \
	X(request_work, "io_kiocb", "work")                                                        \
	X(request_cqe, "io_kiocb", "cqe")             /* since 5.19; begins with user_data */      \
	X(request_user_data, "io_kiocb", "user_data") /* before */                                 \
	X(ring_rings, "io_ring_ctx", "rings")                                                      \
	X(ring_tail, "io_ring_ctx", "cached_cq_tail")                                              \
	X(rings_head, "io_rings", "cq") /* begins with the head */                                 \
	X(recv_flags, "io_sr_msg", "flags")                                                        \
	X(splice_input, "io_splice", "splice_fd_in")                                               \
	X(splice_flags, "io_splice", "flags")                                                      \
	X(close_fd, "io_close", "fd")                                                              \
	X(close_slot, "io_close", "file_slot")                                                     \
	X(open_path, "io_open", "filename")                                                        \
	X(open_directory, "io_open", "dfd") /* at the same place in all that follow */             \
	X(statx_path, "io_statx", "filename")                                                      \
	X(rename_path, "io_rename", "oldpath")                                                     \
	X(unlink_path, "io_unlink", "filename")                                                    \
	X(mkdir_path, "io_mkdir", "filename")                                                      \
	X(link_path, "io_link", "oldpath")                                                         \
	X(symlink_path, "io_link", "newpath")                                                      \
	X(symlink_directory, "io_link", "new_dfd")                                                 \
	X(path_text, "filename", "name")                                                           \
	X(worker_work, "io_worker", "cur_work")                                                    \
	X(aio_result, "aio_kiocb", "ki_res")                                                       \
	X(dio_bio, "blkdev_dio", "bio")

/* Why a request went to a worker thread. */
#define IOPATH_PUNTS(X)                                                                            \
	X(asked, "asked")             /* IOSQE_ASYNC */                                            \
	X(always, "always_blocks")    /* an operation that has no way to do without */             \
	X(would_block, "would_block") /* tried first */

/* What operations on files waited for, of the waits that others' work ended. */
#define IOPATH_WAITS(X)                                                                            \
	X(data, "data")     /* requests, not of a commit: what was written or read */              \
	X(commit, "commit") /* a commit that began after the operation */                          \
	X(others_commit, "others_commit") /* one that was under way when the operation began */

/* A jbd2 commit, from its begin to its end. */
#define IOPATH_COMMIT_PHASES(X)                                                                    \
	X(locking, "locking")   /* waits for operations that are changing the file system */       \
	X(flushing, "flushing") /* writes data that must be there before the journal says so */    \
	X(logging, "logging")   /* writes the journal, and the block that makes it valid */

/* What an operation did in stage reclaim. */
#define IOPATH_RECLAIMS(X)                                                                         \
	X(host, "host")   /* the host had too few free pages */                                    \
	X(limit, "limit") /* its memory cgroup had reached its limit */                            \
	X(compaction, "compaction")

/* Seen, but not counted where it belongs; each with the reason a reader needs. */
#define IOPATH_LOSSES(X)                                                                           \
	X(map_full, "map_full")       /* a dictionary had no room: counted in the row "other" */   \
	X(no_storage, "no_storage")   /* no memory for a ledger: operation not seen */             \
	X(no_start, "no_start")       /* request completed whose issue was not seen */             \
	X(clock_back, "clock_back")   /* a span would have been negative: taken as 0 */            \
	X(no_end, "no_end")           /* an operation's end was not seen: it is not counted */     \
	X(missed_run, "missed_run")   /* blocked without a wake-up seen: charged to other */       \
	X(died, "died")               /* thread died inside an operation: not counted */           \
	X(compat, "compat")           /* 32-bit system call: not followed */                       \
	X(read_failed, "read_failed") /* kernel memory could not be read */                        \
	X(detail_full, "detail_full") /* stage histogram, via or top had no room */                \
	X(skipped_run, "skipped_run") /* the kernel skipped a program run (recursion) */

#endif
