/* A library that a user preloads: it stands between programs and libc's connect and open, and says so. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void told(const char *name) { (void)!write(STDOUT_FILENO, name, strlen(name)); }

int connect(int fd, const struct sockaddr *address, socklen_t length) {
    int (*next)(int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "connect");
    told("interposed connect\n");
    return next(fd, address, length);
}

int open(const char *path, int flags, ...) {
    int (*next)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
    va_list list;
    va_start(list, flags);
    unsigned mode = va_arg(list, unsigned);
    va_end(list);
    told("interposed open\n");
    return next(path, flags, mode);
}
