// SPDX-License-Identifier: GPL-2.0-only
/* Layer fault: reads of files that are mapped. A fault that finds its page in the page cache is no
 * I/O and does not count; one inside a system call is part of that. */
#include "operation.bpf.h"
#include "scope.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* include/linux/mm_types.h */
#define VM_FAULT_SIGBUS 2
#define VM_FAULT_MAJOR  4

/* Not the number of a call: what is open then is a fault, and an op like that of read. */
#define FAULT_CALL (NR_read | 0x4000)

/* Takes numbers only, so that every kernel verifies it once. */
__noinline int begin_fault(u64 fault)
{
	struct cpu_state *cpu = this_cpu();
	struct ledger *ledger = ledger_in_scope(current_task());
	struct file_identity id;
	void *file;
	u64 page;

	if (!cpu || !ledger || ledger->start || ledger->async.call || ledger->flags & THREAD_HELPER)
		return 0;
	if (config.only_op != IOPATH_NO_OP && config.only_op != IOPATH_OP_read)
		return 0;
	file = READ_FIELD(READ_FIELD((void *)fault, vm_fault, vma), vm_area_struct, vm_file);
	if (!file)
		return 0;
	preempt_off();
	id = forget_values(identify_file(file, true));
	ledger->place =
	    place_of(&ledger->cache[FAULT_CACHE], id,
	             OP_BY(IOPATH_OP_read, IOPATH_INTERFACE_page_fault), IOPATH_NO_PEER_TARGET);
	page = READ_FIELD((void *)fault, vm_fault, pgoff);
	open_operation(ledger, cpu, FAULT_CALL);
	ledger->pages =
	    (struct cache_use){.operation = ledger->start, .wanted = page, .wanted_end = page + 1};
	preempt_on();
	return 0;
}

/* What waited for its page, whoever reads it, counts; `result`: enum vm_fault_reason. */
__noinline int end_fault(u32 result)
{
	struct ledger *ledger = find_ledger(current_task());

	if (!ledger || !ledger->start || ledger->syscall != FAULT_CALL)
		return 0;
	preempt_off();
	if (result & VM_FAULT_MAJOR || ledger->voluntary)
		close_into(ledger, FAULT_CACHE, IOPATH_SYSCALL_BYTES,
		           result & VM_FAULT_SIGBUS ? -EIO : 1L << config.page_shift);
	else
		forget_operation(ledger);
	preempt_on();
	return 0;
}

SEC("?fentry/filemap_fault")
int file_fault__fentry(u64 *ctx)
{
	return begin_fault(address_of((void *)ctx[0]));
}

SEC("?fexit/filemap_fault")
int file_fault__fexit(u64 *ctx)
{
	return end_fault(ctx[1]);
}

SEC("?kprobe.multi/filemap_fault")
int file_fault__kprobe_multi(struct pt_regs *ctx)
{
	return begin_fault(FUNCTION_ARG_0(ctx));
}

SEC("?kretprobe.multi/filemap_fault")
int file_fault__kretprobe_multi(struct pt_regs *ctx)
{
	return end_fault(FUNCTION_RESULT(ctx));
}

SEC("?kprobe/filemap_fault")
int file_fault__kprobe(struct pt_regs *ctx)
{
	return begin_fault(FUNCTION_ARG_0(ctx));
}

SEC("?kretprobe/filemap_fault")
int file_fault__kretprobe(struct pt_regs *ctx)
{
	return end_fault(FUNCTION_RESULT(ctx));
}
