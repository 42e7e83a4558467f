/* The entrance of 32-bit programs, used by one of 64 bits: HOW HOST PORT. Addresses must lie below 4 GiB. */
#include "reach.h"
#include <sys/mman.h>

static long entrance(long number, long a, long b, long c) {
    __asm__ volatile("int $0x80" : "+a"(number) : "b"(a), "c"(b), "d"(c) : "r8", "r9", "r10", "r11", "memory");
    if (number < 0 && number > -4096) {
        errno = -number;
        return -1;
    }
    return number;
}

struct low {
    struct sockaddr_in peer;
    uint32_t arguments[3];
};

int main(int argc, char **argv) {
    if (argc != 4)
        return 3;
    struct low *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    low->peer = peer4(argv[2], argv[3]);
    low->arguments[0] = fd;
    low->arguments[1] = (uint32_t)(uintptr_t)&low->peer;
    low->arguments[2] = sizeof low->peer;
    if (!strcmp(argv[1], "socketcall"))
        converse(fd, entrance(102, 3, (long)low->arguments, 0));
    else
        converse(fd, entrance(362, fd, (long)&low->peer, sizeof low->peer));
    return 0;
}
