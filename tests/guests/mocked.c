/* Sockets whose peers are mocked, by the calls that other languages do not make.
 * Arguments: IPv4 address, IPv6 address, port. */
#include "guest.h"
#include <sys/epoll.h>

#define ADDRESS arguments[0]
#define ADDRESS6 arguments[1]
#define PORT arguments[2]

static struct sockaddr_in peer4(void) {
    struct sockaddr_in peer = loopback(PORT);
    inet_pton(AF_INET, ADDRESS, &peer.sin_addr);
    return peer;
}

/* Says an address, or that it was cut. */
static void say_peer(const void *name, socklen_t length) {
    const struct sockaddr_in *peer4 = name;
    const struct sockaddr_in6 *peer6 = name;
    char text[64] = "";
    if (length == sizeof *peer4 && peer4->sin_family == AF_INET)
        printf("%s: %s %d\n", current, inet_ntop(AF_INET, &peer4->sin_addr, text, sizeof text), ntohs(peer4->sin_port));
    else if (length == sizeof *peer6 && peer6->sin6_family == AF_INET6)
        printf("%s: %s %d\n", current, inet_ntop(AF_INET6, &peer6->sin6_addr, text, sizeof text), ntohs(peer6->sin6_port));
    else
        printf("%s: family %d, %u bytes\n", current, peer4->sin_family, length);
    fflush(stdout);
}

static void say_peer_of(int fd) {
    struct sockaddr_storage name;
    socklen_t length = sizeof name;
    if (getpeername(fd, (void *)&name, &length) < 0)
        say(-1);
    else
        say_peer(&name, length);
}

/* Sends `ping` on a connection, and says what came back and whose it is. */
static void talk(int fd) {
    char text[16] = "";
    send(fd, "ping", 4, 0);
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    poll(&waiting, 1, 2000);
    say(recv(fd, text, sizeof text - 1, MSG_DONTWAIT));
    say_text(text);
    say_peer_of(fd);
    close(fd);
}

static void tcp(void) {
    struct sockaddr_in peer = peer4();
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    say(connect(fd, (void *)&peer, sizeof peer));
    talk(fd);
}

static void tcp6(void) {
    struct sockaddr_in6 peer = loopback6(PORT, ADDRESS6);
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    say(connect(fd, (void *)&peer, sizeof peer));
    talk(fd);
}

/* A socket for IPv6 alone reaches its peer all the same. */
static void tcp6_only(void) {
    struct sockaddr_in6 peer = loopback6(PORT, ADDRESS6);
    int fd = socket(AF_INET6, SOCK_STREAM, 0), on = 1;
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    say(connect(fd, (void *)&peer, sizeof peer));
    talk(fd);
}

static void mapped(void) {
    char text[64];
    snprintf(text, sizeof text, "::ffff:%s", ADDRESS);
    struct sockaddr_in6 peer = loopback6(PORT, text);
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    say(connect(fd, (void *)&peer, sizeof peer));
    talk(fd);
}

/* ... but not a v4-mapped one, which no such socket reaches. */
static void mapped_only(void) {
    char text[64];
    snprintf(text, sizeof text, "::ffff:%s", ADDRESS);
    struct sockaddr_in6 peer = loopback6(PORT, text);
    int fd = socket(AF_INET6, SOCK_STREAM, 0), on = 1;
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    say(connect(fd, (void *)&peer, sizeof peer));
    close(fd);
}

static void nonblocking(void) {
    struct sockaddr_in peer = peer4();
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), error = -1, poll_fd = epoll_create1(0);
    socklen_t length = sizeof error;
    struct epoll_event event = {.events = EPOLLOUT}, got = {0};
    say(connect(fd, (void *)&peer, sizeof peer));
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event);
    say(epoll_wait(poll_fd, &got, 1, 5000));
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
    say(error);
    close(poll_fd);
    talk(fd);
}

static void fastopen(void) {
    struct sockaddr_in peer = peer4();
    char text[16] = "";
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    say(sendto(fd, "ping", 4, MSG_FASTOPEN, (void *)&peer, sizeof peer));
    say(recv(fd, text, sizeof text - 1, 0));
    say_text(text);
    say_peer_of(fd);
    close(fd);
}

static void patient(int fd) {
    struct timeval patience = {2, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

static void sent_from(int fd) {
    char text[16] = "";
    struct sockaddr_storage name;
    socklen_t length = sizeof name;
    say(recvfrom(fd, text, sizeof text - 1, 0, (void *)&name, &length));
    say_text(text);
    say_peer(&name, length);
}

static void datagram(void) {
    struct sockaddr_in peer = peer4();
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    patient(fd);
    say(sendto(fd, "ping", 4, 0, (void *)&peer, sizeof peer));
    sent_from(fd);
    close(fd);
}

static void datagram6(void) {
    struct sockaddr_in6 peer = loopback6(PORT, ADDRESS6);
    int fd = socket(AF_INET6, SOCK_DGRAM, 0), on = 1;
    patient(fd);
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    say(sendto(fd, "ping", 4, 0, (void *)&peer, sizeof peer));
    sent_from(fd);
    close(fd);
}

static void message(void) {
    struct sockaddr_in peer = peer4(), name;
    char text[16] = "";
    struct iovec out = {"ping", 4}, in = {text, sizeof text - 1};
    struct msghdr sent = {.msg_name = &peer, .msg_namelen = sizeof peer, .msg_iov = &out, .msg_iovlen = 1};
    struct msghdr got = {.msg_name = &name, .msg_namelen = sizeof name, .msg_iov = &in, .msg_iovlen = 1};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    patient(fd);
    say(sendmsg(fd, &sent, 0));
    say_text(!memcmp(&peer, &(struct sockaddr_in){AF_INET, peer.sin_port, peer.sin_addr}, sizeof peer) &&
                     sent.msg_name == &peer
                 ? "the message is as it was"
                 : "the message was changed");
    say(recvmsg(fd, &got, 0));
    say_text(text);
    say_peer(&name, got.msg_namelen);
    close(fd);
}

/* To the mocked peer, to a real one of its own, and to the mocked one again; the answers may come in any order. */
static void messages(void) {
    struct sockaddr_in peer = peer4(), own = loopback("0"), names[3];
    socklen_t length = sizeof own;
    int fd = socket(AF_INET, SOCK_DGRAM, 0), server = socket(AF_INET, SOCK_DGRAM, 0);
    bind(server, (void *)&own, sizeof own);
    getsockname(server, (void *)&own, &length);
    struct iovec out = {"ping", 4}, in[3];
    struct mmsghdr sent[3], got[2];
    char text[3][16] = {"", "", ""};
    memset(sent, 0, sizeof sent);
    memset(got, 0, sizeof got);
    for (int i = 0; i < 3; i++)
        sent[i].msg_hdr =
            (struct msghdr){.msg_name = i == 1 ? &own : &peer, .msg_namelen = sizeof own, .msg_iov = &out, .msg_iovlen = 1};
    patient(fd);
    say(sendmmsg(fd, sent, 3, 0));
    printf("%s: lengths %u %u %u\n", current, sent[0].msg_len, sent[1].msg_len, sent[2].msg_len);
    say(recv(server, text[2], 15, 0));
    for (int i = 0; i < 2; i++) {
        in[i] = (struct iovec){text[i], 15};
        got[i].msg_hdr = (struct msghdr){.msg_name = &names[i], .msg_namelen = sizeof names[i], .msg_iov = &in[i], .msg_iovlen = 1};
    }
    say(recvmmsg(fd, got, 2, 0, NULL));
    for (int i = 0; i < 2; i++) {
        say_text(text[i]);
        say_peer(&names[i], got[i].msg_hdr.msg_namelen);
    }
    close(server);
    close(fd);
}

int main(int argc, char **argv) {
    static const struct test_case cases[] = {
        {"tcp", tcp},
        {"tcp6", tcp6},
        {"tcp6-only", tcp6_only},
        {"mapped", mapped},
        {"mapped-only", mapped_only},
        {"nonblocking", nonblocking},
        {"fastopen", fastopen},
        {"datagram", datagram},
        {"datagram6", datagram6},
        {"message", message},
        {"messages", messages},
        {0},
    };
    return run_cases(cases, argc, argv);
}
