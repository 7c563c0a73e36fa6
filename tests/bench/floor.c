/* floor OBJECT PREFIX: attaches the programs of OBJECT whose names begin with PREFIX, says "ready",
 * and waits until its input ends. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

static int fail(const char* what, const char* name)
{
    fprintf(stderr, "floor: cannot %s %s: ", what, name);
    perror(NULL);
    return 1;
}

int main(int argc, char** argv)
{
    struct bpf_object* object;
    struct bpf_program* program;
    int attached = 0;
    char byte;

    if (argc != 3) {
        fprintf(stderr, "usage: floor OBJECT PREFIX\n");
        return 2;
    }
    object = bpf_object__open_file(argv[1], NULL);
    if (!object)
        return fail("open", argv[1]);
    bpf_object__for_each_program(program, object) bpf_program__set_autoload(
        program, !strncmp(bpf_program__name(program), argv[2], strlen(argv[2])));
    if (bpf_object__load(object))
        return fail("load", argv[1]);
    bpf_object__for_each_program(program, object)
    {
        if (!bpf_program__autoload(program))
            continue;
        if (!bpf_program__attach(program))
            return fail("attach", bpf_program__name(program));
        attached++;
    }
    if (!attached)
        return fail("find programs named", argv[2]);
    puts("ready");
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    return 0;
}
