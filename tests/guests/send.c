/* Datagrams and first bytes to an address: sendto, sendmsg, sendmmsg.
 * Arguments: UDP port, path of a datagram socket, TCP port. */
#include "guest.h"

#define UDP_PORT arguments[0]
#define PATH arguments[1]
#define TCP_PORT arguments[2]

static struct sockaddr_in address;

/* Says the result, and what came back. */
static void echoed(int fd, long result) {
    char text[16] = "";
    say(result);
    if (result >= 0)
        say(recv(fd, text, sizeof text, 0));
    close(fd);
}

static int udp_socket(void) {
    address = loopback(UDP_PORT);
    return socket(AF_INET, SOCK_DGRAM, 0);
}

static struct msghdr message(struct iovec *bytes) {
    return (struct msghdr){.msg_name = &address, .msg_namelen = sizeof address, .msg_iov = bytes, .msg_iovlen = 1};
}

static void to(void) {
    int fd = udp_socket();
    echoed(fd, sendto(fd, "ping", 4, 0, (void *)&address, sizeof address));
}

static void to_raw(void) {
    int fd = udp_socket();
    echoed(fd, syscall(SYS_sendto, fd, "ping", 4, 0, &address, sizeof address));
}

static void msg(void) {
    int fd = udp_socket();
    struct iovec bytes = {"ping", 4};
    struct msghdr header = message(&bytes);
    echoed(fd, sendmsg(fd, &header, 0));
}

static void msg_raw(void) {
    int fd = udp_socket();
    struct iovec bytes = {"ping", 4};
    struct msghdr header = message(&bytes);
    echoed(fd, syscall(SYS_sendmsg, fd, &header, 0));
}

static void mmsg(void) {
    int fd = udp_socket();
    struct iovec bytes = {"ping", 4};
    struct mmsghdr headers[2] = {{message(&bytes)}, {message(&bytes)}};
    long result = sendmmsg(fd, headers, 2, 0);
    if (result == 2)
        printf("%s: lengths %u and %u\n", current, headers[0].msg_len, headers[1].msg_len);
    echoed(fd, result);
}

static void path(void) {
    struct sockaddr_un peer = unix_path(PATH);
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    say(sendto(fd, "ping", 4, 0, (void *)&peer, sizeof peer));
    close(fd);
}

static void fastopen(void) {
    struct sockaddr_in peer = loopback(TCP_PORT);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char text[8] = "";
    long result = sendto(fd, "ping", 4, MSG_FASTOPEN, (void *)&peer, sizeof peer);
    echoed(fd, result);
}

static void to6(void) {
    struct sockaddr_in6 peer = loopback6(UDP_PORT, "::ffff:127.0.0.1");
    int fd = socket(AF_INET6, SOCK_DGRAM, 0);
    echoed(fd, sendto(fd, "ping", 4, 0, (void *)&peer, sizeof peer));
}

static void connected(void) {
    int fd = udp_socket(), pair[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    say(sendto(pair[0], "ping", 4, 0, NULL, 0));
    say(send(fd, "ping", 4, 0));
    say(sendto(-1, "ping", 4, 0, NULL, 0));
    say(sendmsg(pair[0], NULL, 0));
    say(sendmmsg(pair[0], NULL, 0, 0));
    close(pair[0]);
    say(sendto(pair[1], "ping", 4, MSG_NOSIGNAL, NULL, 0));
    close(pair[1]);
    close(fd);
}

int main(int argc, char **argv) {
    static const struct test_case cases[] = {
        {"sendto", to},     {"sendto-raw", to_raw}, {"sendmsg", msg},       {"sendmsg-raw", msg_raw},
        {"sendmmsg", mmsg}, {"path", path},         {"fastopen", fastopen}, {"sendto6", to6},
        {"connected", connected}, {0},
    };
    return run_cases(cases, argc, argv);
}
