/* The calls of a socket through the one door that 32-bit programs had for them: CALL HOST PORT. */
#include "reach.h"
#include "calls.h"
#include <linux/net.h>

static long door(int which, const void *arguments) {
    return instruction(SYS_socketcall, which, (long)arguments, 0, 0, 0, 0);
}

static void answered(int fd, long result) {
    if (told(result, NULL))
        hear(fd);
}

int main(int argc, char **argv) {
    if (argc != 4)
        return 3;
    struct sockaddr_in peer = peer4(argv[2], argv[3]);
    struct iovec bytes = {"ping", 4};
    struct mmsghdr message = {.msg_hdr = {.msg_name = &peer, .msg_namelen = sizeof peer, .msg_iov = &bytes, .msg_iovlen = 1}};
    int stream = !strcmp(argv[1], "connect");
    int fd = socket(AF_INET, stream ? SOCK_STREAM : SOCK_DGRAM, 0);
    if (stream)
        converse(fd, door(SYS_CONNECT, (long[]){fd, (long)&peer, sizeof peer}));
    else if (!strcmp(argv[1], "sendto"))
        answered(fd, door(SYS_SENDTO, (long[]){fd, (long)"ping", 4, 0, (long)&peer, sizeof peer}));
    else if (!strcmp(argv[1], "sendmsg"))
        answered(fd, door(SYS_SENDMSG, (long[]){fd, (long)&message.msg_hdr, 0}));
    else
        answered(fd, door(SYS_SENDMMSG, (long[]){fd, (long)&message, 1, 0}));
    return 0;
}
