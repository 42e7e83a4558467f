/* Counts the allocations of each hooked call: the allocator is this program's own. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static char heap[64 << 20];
static size_t used;
static volatile int counting;
static volatile long count;

/* A block behind its own size; nothing is ever given back. */
static void *take(size_t bytes) {
    if (counting)
        count++;
    size_t at = __atomic_fetch_add(&used, (bytes + 31) & ~(size_t)15, __ATOMIC_SEQ_CST);
    if (at + bytes + 16 > sizeof heap)
        return NULL;
    *(size_t *)(heap + at) = bytes;
    return heap + at + 16;
}

void *malloc(size_t bytes) { return take(bytes); }
void *calloc(size_t many, size_t bytes) { return take(many * bytes); }
void free(void *block) {
    if (counting && block)
        count++;
}
void *realloc(void *block, size_t bytes) {
    void *moved = take(bytes);
    if (block && moved) {
        size_t before = ((size_t *)block)[-2];
        memcpy(moved, block, before < bytes ? before : bytes);
    }
    return moved;
}
void *memalign(size_t alignment, size_t bytes) {
    uintptr_t block = (uintptr_t)take(bytes + alignment);
    return (void *)((block + alignment - 1) & ~(alignment - 1));
}
void *aligned_alloc(size_t alignment, size_t bytes) { return memalign(alignment, bytes); }
int posix_memalign(void **block, size_t alignment, size_t bytes) {
    *block = memalign(alignment, bytes);
    return 0;
}

#define CASE(name, call)                                                                           \
    do {                                                                                           \
        count = 0;                                                                                 \
        counting = 1;                                                                              \
        (void)!(call);                                                                             \
        counting = 0;                                                                              \
        char line[80];                                                                             \
        int length = snprintf(line, sizeof line, "%s: %ld\n", name, count);                        \
        (void)!write(1, line, length);                                                             \
    } while (0)

static void *nothing(void *unused) { return unused; }

int main(void) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct sockaddr_in any = {.sin_family = AF_INET};
    int stream = socket(AF_INET, SOCK_STREAM, 0), datagram = socket(AF_INET, SOCK_DGRAM, 0);
    struct iovec bytes = {"x", 1};
    struct mmsghdr message = {
        .msg_hdr = {.msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &bytes, .msg_iovlen = 1}};
    char *words[] = {"/bin/true", NULL}, *missing[] = {"/no/such/program", NULL};
    pid_t child = 0;
    pthread_t thread;

    pthread_create(&thread, NULL, nothing, NULL); /* the first one makes libc's own preparations */
    pthread_join(thread, NULL);

    CASE("connect", connect(stream, (void *)&to, sizeof to));
    CASE("sendto", sendto(datagram, "x", 1, 0, (void *)&to, sizeof to));
    CASE("sendmsg", sendmsg(datagram, &message.msg_hdr, 0));
    CASE("sendmmsg", sendmmsg(datagram, &message, 1, 0));
    CASE("bind", bind(socket(AF_INET, SOCK_STREAM, 0), (void *)&any, sizeof any));
    CASE("listen", listen(socket(AF_INET, SOCK_STREAM, 0), 1));
    CASE("open", open("/etc/hostname", O_RDONLY));
    CASE("syscall", syscall(SYS_openat, AT_FDCWD, "/etc/hostname", O_RDONLY));
    CASE("posix_spawn", posix_spawn(&child, words[0], NULL, NULL, words, environ));
    if (child > 0)
        waitpid(child, NULL, 0);
    CASE("execve", execve(missing[0], missing, environ));
    CASE("execl", execl(missing[0], missing[0], NULL));
    CASE("system", system("true"));
    return 0;
}
