/* What nothing costs: the programs that iopath is measured against (design.md, section 8). No
 * vmlinux.h: no kernel type is read. floor.c loads one pair of them, chosen by the beginning of its
 * name. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct {
    __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, int);
    __type(value, __u64);
} starts SEC(".maps");

__u64 last_ns;

SEC("?tp_btf/sys_enter") int empty_enter(void* ctx)
{
    return 0;
}

SEC("?tp_btf/sys_exit") int empty_exit(void* ctx)
{
    return 0;
}

SEC("?tp_btf/sys_enter") int clock_enter(void* ctx)
{
    last_ns = bpf_ktime_get_ns();
    return 0;
}

SEC("?tp_btf/sys_exit") int clock_exit(void* ctx)
{
    last_ns = bpf_ktime_get_ns();
    return 0;
}

SEC("?tp_btf/sys_enter") int storage_enter(void* ctx)
{
    __u64* start = bpf_task_storage_get(&starts, bpf_get_current_task_btf(), 0,
                                        BPF_LOCAL_STORAGE_GET_F_CREATE);

    if (start)
        *start = bpf_ktime_get_ns();
    return 0;
}

SEC("?tp_btf/sys_exit") int storage_exit(void* ctx)
{
    __u64* start = bpf_task_storage_get(&starts, bpf_get_current_task_btf(), 0, 0);

    if (start)
        *start = bpf_ktime_get_ns() - *start;
    return 0;
}

SEC("?raw_tp/block_rq_issue") int block_issue_empty(void* ctx)
{
    return 0;
}

SEC("?raw_tp/block_rq_complete") int block_complete_empty(void* ctx)
{
    return 0;
}
