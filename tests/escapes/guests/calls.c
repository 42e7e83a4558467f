/* Reaches a peer by one system call: BY CALL PLACE..., where BY is `libc`, `syscall` or `instruction`. */
#include "reach.h"
#include "calls.h"

static int by_libc;
static char **place;

static long connected(int fd, const void *peer, socklen_t length) {
    return by_libc ? connect(fd, peer, length) : call(SYS_connect, fd, (long)peer, length, 0, 0, 0);
}

static long sent_to(int fd, const void *bytes, size_t count, int flags, const void *peer, socklen_t length) {
    return by_libc ? sendto(fd, bytes, count, flags, peer, length)
                   : call(SYS_sendto, fd, (long)bytes, count, flags, (long)peer, length);
}

static long sent_message(int fd, const struct msghdr *message, int flags) {
    return by_libc ? sendmsg(fd, message, flags) : call(SYS_sendmsg, fd, (long)message, flags, 0, 0, 0);
}

static long sent_messages(int fd, struct mmsghdr *messages, unsigned count) {
    return by_libc ? sendmmsg(fd, messages, count, 0) : call(SYS_sendmmsg, fd, (long)messages, count, 0, 0, 0);
}

static void plain(void) {
    struct sockaddr_in peer = peer4(place[0], place[1]);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    converse(fd, connected(fd, &peer, sizeof peer));
}

/* An IPv4 address on a socket for IPv6. */
static void mapped(void) {
    alarm(10);
    struct sockaddr_in6 peer = {.sin6_family = AF_INET6, .sin6_port = htons(atoi(place[1]))};
    char text[64];
    snprintf(text, sizeof text, "::ffff:%s", place[0]);
    inet_pton(AF_INET6, text, &peer.sin6_addr);
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    converse(fd, connected(fd, &peer, sizeof peer));
}

/* Data with the first packet: the call that sends it connects. */
static void fast(long result, int fd) {
    if (told(result, "connected"))
        hear(fd);
}

static void fastopen(void) {
    struct sockaddr_in peer = peer4(place[0], place[1]);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    fast(sent_to(fd, "ping", 4, MSG_FASTOPEN, &peer, sizeof peer), fd);
}

static struct msghdr addressed(struct iovec *bytes, void *peer, socklen_t length) {
    return (struct msghdr){.msg_name = peer, .msg_namelen = length, .msg_iov = bytes, .msg_iovlen = 1};
}

static void fastopen_message(void) {
    struct sockaddr_in peer = peer4(place[0], place[1]);
    struct iovec bytes = {"ping", 4};
    struct msghdr message = addressed(&bytes, &peer, sizeof peer);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    fast(sent_message(fd, &message, MSG_FASTOPEN), fd);
}

#ifndef TCP_FASTOPEN_CONNECT
#define TCP_FASTOPEN_CONNECT 30
#endif
static void fastopen_connect(void) {
    struct sockaddr_in peer = peer4(place[0], place[1]);
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof on);
    converse(fd, connected(fd, &peer, sizeof peer));
}

/* Datagrams. */
static void answered(long result, int fd) {
    if (told(result, NULL))
        hear(fd);
}

static void udp_connect(void) {
    struct sockaddr_in peer = peer4(place[0], place[1]);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (told(connected(fd, &peer, sizeof peer), NULL))
        answered(write(fd, "ping", 4), fd);
}

static void udp_to(void) {
    struct sockaddr_in peer = peer4(place[0], place[1]);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    answered(sent_to(fd, "ping", 4, 0, &peer, sizeof peer), fd);
}

static void udp_message(void) {
    struct sockaddr_in peer = peer4(place[0], place[1]);
    struct iovec bytes = {"ping", 4};
    struct msghdr message = addressed(&bytes, &peer, sizeof peer);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    answered(sent_message(fd, &message, 0), fd);
}

static void udp_messages(void) {
    struct sockaddr_in peer = peer4(place[0], place[1]);
    struct iovec bytes = {"ping", 4};
    struct mmsghdr message = {.msg_hdr = addressed(&bytes, &peer, sizeof peer)};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    answered(sent_messages(fd, &message, 1), fd);
}

/* The kernel cuts the length of an address that is longer than any. */
static void udp_long_name(void) {
    struct sockaddr_storage peer = {0};
    struct iovec bytes = {"ping", 4};
    struct sockaddr_in to = peer4(place[0], place[1]);
    struct msghdr message = addressed(&bytes, memcpy(&peer, &to, sizeof to), 200);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    answered(sent_message(fd, &message, 0), fd);
}

/* It sends what stands before a message that it cannot read. */
static void udp_bad_second(void) {
    struct sockaddr_in peer = peer4(place[0], place[1]);
    struct iovec bytes = {"ping", 4};
    struct mmsghdr messages[2] = {{.msg_hdr = addressed(&bytes, &peer, sizeof peer)}};
    messages[1].msg_hdr = addressed(&bytes, (void *)8, sizeof peer);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    answered(sent_messages(fd, messages, 2), fd);
}

/* Unix sockets: an abstract name, and a path that goes through a descriptor. */
static void to_unix(const char *path, int abstract) {
    struct sockaddr_un peer = {.sun_family = AF_UNIX};
    strncpy(peer.sun_path + abstract, path, sizeof peer.sun_path - 1 - abstract);
    socklen_t length = offsetof(struct sockaddr_un, sun_path) + strlen(path) + 1;
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    converse(fd, connected(fd, &peer, length));
}

static void path(void) {
    to_unix(place[0], 0);
}

static void abstract(void) {
    to_unix(place[0], 1);
}

static void descriptor(void) {
    char link[64];
    int fd = open(place[0], O_PATH | O_CLOEXEC);
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    to_unix(link, 0);
}

static void folder(void) {
    char link[128], *last = strrchr(place[0], '/');
    *last = 0;
    int fd = open(place[0], O_PATH | O_CLOEXEC);
    snprintf(link, sizeof link, "/proc/self/fd/%d/%s", fd, last + 1);
    to_unix(link, 0);
}

static const struct kind {
    const char *name;
    void (*act)(void);
} kinds[] = {
    {"connect", plain},
    {"mapped", mapped},
    {"fastopen", fastopen},
    {"fastopen-message", fastopen_message},
    {"fastopen-connect", fastopen_connect},
    {"udp-connect", udp_connect},
    {"udp-to", udp_to},
    {"udp-message", udp_message},
    {"udp-messages", udp_messages},
    {"udp-long-name", udp_long_name},
    {"udp-bad-second", udp_bad_second},
    {"path", path},
    {"abstract", abstract},
    {"descriptor", descriptor},
    {"folder", folder},
    {NULL, NULL},
};

int main(int argc, char **argv) {
    if (argc < 4)
        return 3;
    by_libc = !strcmp(argv[1], "libc");
    by_instruction = !strcmp(argv[1], "instruction");
    place = argv + 3;
    for (const struct kind *kind = kinds; kind->name; kind++)
        if (!strcmp(kind->name, argv[2])) {
            kind->act();
            return 0;
        }
    return 3;
}
