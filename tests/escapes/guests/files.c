/* Reads a file: BY CALL PATH, where BY is `libc`, `syscall` or `instruction`. */
#include "reach.h"
#include "calls.h"
#include <linux/openat2.h>

static void opened(long fd) {
    if (told(fd, NULL))
        hear(fd);
}

/* The file by what the kernel knows it by, of the file system that the working directory is in. Only root may. */
static long by_handle(const char *path) {
    struct {
        struct file_handle head;
        char room[MAX_HANDLE_SZ];
    } handle = {.head.handle_bytes = MAX_HANDLE_SZ};
    int mount;
    if (name_to_handle_at(AT_FDCWD, path, &handle.head, &mount, 0))
        return -1;
    return call(SYS_open_by_handle_at, open(".", O_RDONLY | O_DIRECTORY), (long)&handle.head, O_RDONLY, 0, 0, 0);
}

static long by_number(const char *name, const char *path) {
    struct open_how how = {.flags = O_RDONLY};
    if (!strcmp(name, "open"))
        return call(SYS_open, (long)path, O_RDONLY, 0, 0, 0, 0);
    if (!strcmp(name, "openat"))
        return call(SYS_openat, AT_FDCWD, (long)path, O_RDONLY, 0, 0, 0);
    return call(SYS_openat2, AT_FDCWD, (long)path, (long)&how, sizeof how, 0, 0);
}

int main(int argc, char **argv) {
    if (argc != 4)
        return 3;
    by_instruction = !strcmp(argv[1], "instruction");
    if (!strcmp(argv[2], "handle"))
        opened(by_handle(argv[3]));
    else if (!strcmp(argv[1], "libc"))
        opened(open(argv[3], O_RDONLY));
    else
        opened(by_number(argv[2], argv[3]));
    return 0;
}
