/* Who the other end is: getpeername, recvfrom, recvmsg, recvmmsg.
 * Arguments: UDP port of an echo, TCP port, path of a stream socket. */
#include "guest.h"

#define UDP_PORT arguments[0]
#define TCP_PORT arguments[1]
#define PATH arguments[2]

/* Says an address as far as it was written, and the length that was told. */
static void say_name(const void *name, socklen_t room, socklen_t told) {
    const unsigned char *bytes = name;
    printf("%s: %u bytes:", current, told);
    for (socklen_t i = 0; i < room && i < told && i < 28; i++)
        printf(" %02x", bytes[i]);
    /* What stands behind the room is nobody's to write. */
    printf("%s\n", room < 64 && bytes[room] != 0xee ? " and beyond" : "");
    fflush(stdout);
}

static int dialled(int family, int type, const char *port) {
    struct sockaddr_in address = loopback(port);
    struct sockaddr_in6 address6 = loopback6(port, "::ffff:127.0.0.1");
    int fd = socket(family, type, 0);
    if (family == AF_INET)
        connect(fd, (void *)&address, sizeof address);
    else
        connect(fd, (void *)&address6, sizeof address6);
    return fd;
}

/* Asks for the peer with this much room. */
static void peer_in(int fd, socklen_t room) {
    unsigned char name[128];
    socklen_t length = room;
    memset(name, 0xee, sizeof name);
    errno = 0;
    int result = getpeername(fd, (void *)name, &length);
    say(result);
    if (result == 0)
        say_name(name, room, length);
}

static void peer_of(int fd) {
    static const socklen_t rooms[] = {128, 28, 16, 8, 4, 2, 1, 0};
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++)
        peer_in(fd, rooms[i]);
    close(fd);
}

static void peer4(void) { peer_of(dialled(AF_INET, SOCK_STREAM, TCP_PORT)); }
static void peer6(void) { peer_of(dialled(AF_INET6, SOCK_STREAM, TCP_PORT)); }
static void peer_udp(void) { peer_of(dialled(AF_INET, SOCK_DGRAM, UDP_PORT)); }

static void peer_unix(void) {
    struct sockaddr_un address = unix_path(PATH);
    unsigned char name[128];
    socklen_t length = sizeof name;
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), pair[2];
    connect(fd, (void *)&address, sizeof address);
    say(getpeername(fd, (void *)name, &length));
    say_text(length == offsetof(struct sockaddr_un, sun_path) + strlen(PATH) + 1 &&
                     !memcmp(name + offsetof(struct sockaddr_un, sun_path), PATH, strlen(PATH) + 1)
                 ? "the path"
                 : "another");
    close(fd);
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    peer_in(pair[0], 128);
    close(pair[0]);
    close(pair[1]);
}

static void peer_bad(void) {
    int fd = dialled(AF_INET, SOCK_STREAM, TCP_PORT), lonely = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in name;
    socklen_t length = sizeof name;
    peer_in(-1, 16);
    peer_in(999, 16);
    peer_in(1, 16);
    peer_in(lonely, 16);
    say(getpeername(fd, NULL, &length));
    say(getpeername(fd, (void *)&name, NULL));
    say(getpeername(fd, (void *)1, &length));
    say(getpeername(fd, (void *)&name, (void *)1));
    length = -1;
    say(getpeername(fd, (void *)&name, &length));
    close(lonely);
    close(fd);
}

/* A socket to which the echo will have sent `count` datagrams. */
static int echoed(int family, int count) {
    struct sockaddr_in address = loopback(UDP_PORT);
    struct sockaddr_in6 address6 = loopback6(UDP_PORT, "::ffff:127.0.0.1");
    int fd = socket(family, SOCK_DGRAM, 0);
    for (int i = 0; i < count; i++)
        if (family == AF_INET)
            sendto(fd, "pingpong", 8, 0, (void *)&address, sizeof address);
        else
            sendto(fd, "pingpong", 8, 0, (void *)&address6, sizeof address6);
    return fd;
}

/* Receives with this much room for the name and the data; the size is none that the compiler knows. */
static void from_in(int fd, socklen_t room, size_t bytes, int flags) {
    unsigned char name[128];
    char text[16];
    volatile size_t unknown = bytes;
    socklen_t length = room;
    memset(name, 0xee, sizeof name);
    errno = 0;
    ssize_t got = recvfrom(fd, text, unknown, flags, (void *)name, &length);
    say(got);
    if (got >= 0)
        say_name(name, room, length);
}

static void from(void) {
    static const socklen_t rooms[] = {128, 16, 8, 2, 0};
    int fd = echoed(AF_INET, 5);
    for (size_t i = 0; i < 5; i++)
        from_in(fd, rooms[i], 16, 0);
    close(fd);
    fd = echoed(AF_INET6, 2);
    from_in(fd, 128, 16, 0);
    from_in(fd, 20, 16, 0);
    close(fd);
}

static void from_plain(void) {
    char text[4];
    int fd = echoed(AF_INET, 2);
    unsigned char name[128];
    socklen_t length = 16;
    memset(name, 0xee, sizeof name);
    say(recvfrom(fd, text, 4, MSG_TRUNC, (void *)name, &length));
    say_name(name, 16, length);
    say(recvfrom(fd, text, 4, 0, NULL, NULL));
    from_in(fd, 16, 16, MSG_DONTWAIT);
    close(fd);
}

static void from_stream(void) {
    int fd = dialled(AF_INET, SOCK_STREAM, TCP_PORT), pair[2];
    from_in(fd, 16, 16, 0); /* the greeting: a stream names nobody */
    close(fd);
    socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
    send(pair[0], "ping", 4, 0);
    from_in(pair[1], 16, 16, 0);
    from_in(pair[1], 16, 16, MSG_DONTWAIT);
    close(pair[0]);
    close(pair[1]);
}

static void from_bad(void) {
    int fd = echoed(AF_INET, 3);
    char text[16];
    struct sockaddr_in name;
    socklen_t length = sizeof name;
    from_in(-1, 16, 16, 0);
    from_in(1, 16, 16, 0);
    say(recvfrom(fd, text, 16, 0, (void *)&name, NULL));
    say(recvfrom(fd, text, 16, 0, (void *)&name, (void *)1));
    say(recvfrom(fd, text, 16, 0, (void *)1, &length));
    close(fd);
}

/* Receives a message with this much room for its name, and says all of its header that may change. */
static void message_in(int fd, void *name, socklen_t room, size_t bytes, int flags) {
    char text[16];
    struct iovec data = {text, bytes};
    struct msghdr header = {.msg_name = name, .msg_namelen = room, .msg_iov = &data, .msg_iovlen = 1};
    errno = 0;
    ssize_t got = recvmsg(fd, &header, flags);
    say(got);
    if (got < 0)
        return;
    printf("%s: flags %d, %s\n", current, header.msg_flags,
           header.msg_name == name && header.msg_iov == &data && header.msg_iovlen == 1 ? "as given" : "changed");
    if (room && name)
        say_name(name, room, header.msg_namelen);
}

static void msg(void) {
    unsigned char name[128];
    int fd = echoed(AF_INET, 4);
    memset(name, 0xee, sizeof name);
    message_in(fd, name, 128, 16, 0);
    memset(name, 0xee, sizeof name);
    message_in(fd, name, 6, 16, 0);
    message_in(fd, name, 16, 4, MSG_TRUNC);
    message_in(fd, NULL, 0, 16, 0);
    message_in(fd, name, 16, 16, MSG_DONTWAIT);
    close(fd);
    fd = echoed(AF_INET6, 1);
    message_in(fd, name, 128, 16, 0);
    close(fd);
}

static void msg_bad(void) {
    int fd = echoed(AF_INET, 2);
    say(recvmsg(fd, NULL, 0));
    say(recvmsg(fd, (void *)1, 0));
    message_in(-1, NULL, 0, 16, 0);
    message_in(fd, (void *)1, 0, 16, 0);
    message_in(fd, NULL, 16, 16, 0);
    close(fd);
}

static void mmsg(void) {
    unsigned char names[3][128];
    char text[3][16];
    struct iovec data[3];
    struct mmsghdr headers[3];
    struct timespec patience = {5, 0};
    int fd = echoed(AF_INET, 3);
    memset(names, 0xee, sizeof names);
    memset(headers, 0, sizeof headers);
    for (int i = 0; i < 3; i++) {
        data[i] = (struct iovec){text[i], 16};
        headers[i].msg_hdr = (struct msghdr){names[i], i == 1 ? 5 : 16, &data[i], 1};
    }
    headers[2].msg_hdr.msg_name = NULL;
    int got = recvmmsg(fd, headers, 3, 0, &patience);
    say(got);
    for (int i = 0; i < got; i++) {
        say(headers[i].msg_len);
        say_name(names[i], i == 1 ? 5 : i == 2 ? 0 : 16, headers[i].msg_hdr.msg_namelen);
    }
    say(recvmmsg(fd, headers, 3, MSG_DONTWAIT, NULL));
    say(recvmmsg(fd, NULL, 3, MSG_DONTWAIT, NULL));
    say(recvmmsg(fd, headers, 0, MSG_DONTWAIT, NULL));
    close(fd);
}

static int waiting_on;

static void cleaned(void *what) { say_text(what); }

static void *wait_from(void *unused) {
    struct sockaddr_in name;
    socklen_t length = sizeof name;
    char text[16];
    pthread_cleanup_push(cleaned, "cancelled in recvfrom");
    recvfrom(waiting_on, text, sizeof text, 0, (void *)&name, &length);
    pthread_cleanup_pop(0);
    return NULL;
}

static void *wait_message(void *unused) {
    struct sockaddr_in name;
    char text[16];
    struct iovec data = {text, sizeof text};
    struct msghdr header = {&name, sizeof name, &data, 1};
    pthread_cleanup_push(cleaned, "cancelled in recvmsg");
    recvmsg(waiting_on, &header, 0);
    pthread_cleanup_pop(0);
    return NULL;
}

static void *wait_messages(void *unused) {
    struct sockaddr_in name;
    char text[16];
    struct iovec data = {text, sizeof text};
    struct mmsghdr header = {{&name, sizeof name, &data, 1}};
    pthread_cleanup_push(cleaned, "cancelled in recvmmsg");
    recvmmsg(waiting_on, &header, 1, 0, NULL);
    pthread_cleanup_pop(0);
    return NULL;
}

static void cancelled(void) {
    void *(*const waits[])(void *) = {wait_from, wait_message, wait_messages};
    waiting_on = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in own = loopback("0");
    bind(waiting_on, (void *)&own, sizeof own);
    for (int i = 0; i < 3; i++) {
        pthread_t thread;
        void *result;
        pthread_create(&thread, NULL, waits[i], NULL);
        usleep(50000);
        pthread_cancel(thread);
        pthread_join(thread, &result);
        say_text(result == PTHREAD_CANCELED ? "ended by it" : "came back");
    }
    close(waiting_on);
}

int main(int argc, char **argv) {
    static const struct test_case cases[] = {
        {"peer4", peer4},       {"peer6", peer6},         {"peer-udp", peer_udp},
        {"peer-unix", peer_unix}, {"peer-bad", peer_bad}, {"from", from},
        {"from-plain", from_plain}, {"from-stream", from_stream}, {"from-bad", from_bad},
        {"msg", msg},           {"msg-bad", msg_bad},     {"mmsg", mmsg},
        {"cancelled", cancelled}, {0},
    };
    return run_cases(cases, argc, argv);
}
