/* connect(2), to every kind of peer.
 * Arguments: port, IPv6 port, path, abstract name, UDP port, closed port. */
#include "guest.h"

#define PORT arguments[0]
#define PORT6 arguments[1]
#define PATH arguments[2]
#define ABSTRACT arguments[3]
#define UDP_PORT arguments[4]
#define CLOSED arguments[5]

/* Connects, reads the greeting, and says the peer that the socket tells. */
static void greeting(int family, const void *address, socklen_t length) {
    int fd = socket(family, SOCK_STREAM, 0);
    char text[8] = "";
    struct sockaddr_storage peer;
    socklen_t peer_length = sizeof peer;
    int result = connect(fd, address, length);
    say(result);
    if (result == 0) {
        ssize_t got = read(fd, text, sizeof text - 1);
        printf("%s: fd %d, read %zd %s", current, fd, got, text);
        memset(&peer, 0, sizeof peer);
        getpeername(fd, (void *)&peer, &peer_length);
        size_t compared = family == AF_UNIX ? length : peer_length;
        printf("%s: the peer is %s\n", current, memcmp(&peer, address, compared) ? "another" : "the one asked for");
    }
    close(fd);
}

static void tcp(void) {
    struct sockaddr_in address = loopback(PORT);
    greeting(AF_INET, &address, sizeof address);
}

static void tcp6(void) {
    struct sockaddr_in6 address = loopback6(PORT6, "::1");
    greeting(AF_INET6, &address, sizeof address);
}

static void mapped(void) {
    struct sockaddr_in6 address = loopback6(PORT, "::ffff:127.0.0.1");
    greeting(AF_INET6, &address, sizeof address);
}

static void path(void) {
    struct sockaddr_un address = unix_path(PATH);
    greeting(AF_UNIX, &address, offsetof(struct sockaddr_un, sun_path) + strlen(PATH) + 1);
}

static void abstract(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path + 1, ABSTRACT, strlen(ABSTRACT));
    greeting(AF_UNIX, &address, offsetof(struct sockaddr_un, sun_path) + 1 + strlen(ABSTRACT));
}

static void udp(void) {
    struct sockaddr_in address = loopback(UDP_PORT);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    char text[8] = "";
    int result = connect(fd, (void *)&address, sizeof address);
    say(result);
    if (result == 0 && send(fd, "ping", 4, 0) == 4)
        say(recv(fd, text, sizeof text, 0));
    close(fd);
}

static void nonblocking(void) {
    struct sockaddr_in address = loopback(PORT);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), error = -1;
    socklen_t length = sizeof error;
    say(connect(fd, (void *)&address, sizeof address));
    if (errno == EINPROGRESS) {
        struct pollfd waiting = {.fd = fd, .events = POLLOUT};
        say(poll(&waiting, 1, 5000));
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
        say(error);
        say(connect(fd, (void *)&address, sizeof address));
    }
    close(fd);
}

static void raw(void) {
    struct sockaddr_in address = loopback(PORT);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    say(syscall(SYS_connect, fd, &address, sizeof address));
    close(fd);
}

static void refused(void) {
    struct sockaddr_in address = loopback(CLOSED);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    say(connect(fd, (void *)&address, sizeof address));
    close(fd);
}

static void unspec(void) {
    struct sockaddr_in address = loopback(UDP_PORT);
    struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    connect(fd, (void *)&address, sizeof address);
    say(connect(fd, &nobody, sizeof nobody));
    say(send(fd, "ping", 4, 0));
    close(fd);
}

static void bad_descriptor(void) {
    struct sockaddr_in address = loopback(PORT);
    say(connect(-1, (void *)&address, sizeof address));
    say(connect(999, (void *)&address, sizeof address));
    say(connect(1, (void *)&address, sizeof address));
}

static void bad_address(void) {
    struct sockaddr_in address = loopback(PORT);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    say(connect(fd, (void *)&address, 1));
    say(connect(fd, NULL, sizeof address));
    say(connect(fd, (void *)1, sizeof address));
    say(connect(fd, (void *)&address, -1));
    close(fd);
}

static void wrong_family(void) {
    struct sockaddr_in6 address = loopback6(PORT6, "::1");
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    say(connect(fd, (void *)&address, sizeof address));
    close(fd);
}

static void no_such_path(void) {
    struct sockaddr_un address = unix_path("/no/such/socket");
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    say(connect(fd, (void *)&address, sizeof address));
    memset(address.sun_path, 'x', sizeof address.sun_path); /* no zero at its end */
    say(connect(fd, (void *)&address, sizeof address));
    close(fd);
}

static void twice(void) {
    struct sockaddr_in address = loopback(PORT);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    say(connect(fd, (void *)&address, sizeof address));
    say(connect(fd, (void *)&address, sizeof address));
    close(fd);
}

int main(int argc, char **argv) {
    static const struct test_case cases[] = {
        {"tcp", tcp},
        {"tcp6", tcp6},
        {"mapped", mapped},
        {"path", path},
        {"abstract", abstract},
        {"udp", udp},
        {"nonblocking", nonblocking},
        {"raw", raw},
        {"refused", refused},
        {"unspec", unspec},
        {"bad-descriptor", bad_descriptor},
        {"bad-address", bad_address},
        {"wrong-family", wrong_family},
        {"no-such-path", no_such_path},
        {"twice", twice},
        {0},
    };
    return run_cases(cases, argc, argv);
}
