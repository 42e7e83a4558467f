/* Servers of the guest's own, called by its own tree. No arguments but for `let-go`. */
#include "guest.h"

static struct sockaddr_in bound_address;

static int listening(void) {
    socklen_t length = sizeof bound_address;
    bound_address = loopback("0");
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    say(bind(fd, (void *)&bound_address, sizeof bound_address));
    getsockname(fd, (void *)&bound_address, &length);
    say(listen(fd, 8));
    return fd;
}

static int call(void) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int result = connect(fd, (void *)&bound_address, sizeof bound_address);
    int error = errno;
    close(fd);
    errno = error;
    return result;
}

static void own_call(void) {
    int server = listening();
    say(call());
    close(server);
}

static void *call_in_thread(void *unused) {
    say(call());
    return NULL;
}

static void thread_call(void) {
    pthread_t thread;
    int server = listening();
    pthread_create(&thread, NULL, call_in_thread, NULL);
    int accepted = accept(server, NULL, NULL);
    pthread_join(thread, NULL);
    close(accepted);
    close(server);
}

/* The child calls the parent's server; then the parent calls the child's. */
static void child_call(void) {
    int server = listening();
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        say(call());
        _exit(0);
    }
    close(accept(server, NULL, NULL));
    waitpid(child, NULL, 0);
    close(server);
}

static void parent_call(void) {
    int pipe_ends[2];
    pipe(pipe_ends);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        int server = listening();
        write(pipe_ends[1], &bound_address, sizeof bound_address);
        close(accept(server, NULL, NULL));
        _exit(0);
    }
    read(pipe_ends[0], &bound_address, sizeof bound_address);
    say(call());
    waitpid(child, NULL, 0);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
}

static void any_address(void) {
    socklen_t length = sizeof bound_address;
    int server = socket(AF_INET, SOCK_STREAM, 0);
    bound_address = (struct sockaddr_in){.sin_family = AF_INET};
    say(bind(server, (void *)&bound_address, sizeof bound_address));
    say(listen(server, 1));
    getsockname(server, (void *)&bound_address, &length);
    bound_address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    say(call());
    close(server);
}

static void ipv6(void) {
    struct sockaddr_in6 address = loopback6("0", "::1");
    socklen_t length = sizeof address;
    int server = socket(AF_INET6, SOCK_STREAM, 0), fd = socket(AF_INET6, SOCK_STREAM, 0);
    say(bind(server, (void *)&address, sizeof address));
    say(listen(server, 1));
    getsockname(server, (void *)&address, &length);
    say(connect(fd, (void *)&address, sizeof address));
    close(fd);
    close(server);
}

static void udp(void) {
    socklen_t length = sizeof bound_address;
    int server = socket(AF_INET, SOCK_DGRAM, 0), fd = socket(AF_INET, SOCK_DGRAM, 0);
    bound_address = loopback("0");
    say(bind(server, (void *)&bound_address, sizeof bound_address));
    getsockname(server, (void *)&bound_address, &length);
    say(sendto(fd, "ping", 4, 0, (void *)&bound_address, length));
    say(connect(fd, (void *)&bound_address, length));
    close(fd);
    close(server);
}

static void path(void) {
    struct sockaddr_un address = unix_path("serve.socket");
    int server = socket(AF_UNIX, SOCK_STREAM, 0), fd = socket(AF_UNIX, SOCK_STREAM, 0);
    say(bind(server, (void *)&address, sizeof address));
    say(listen(server, 1));
    say(connect(fd, (void *)&address, sizeof address));
    close(fd);
    close(server);
    unlink("serve.socket");
}

static void abstract(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t length = sizeof address;
    int server = socket(AF_UNIX, SOCK_STREAM, 0), fd = socket(AF_UNIX, SOCK_STREAM, 0);
    say(bind(server, (void *)&address, sizeof(sa_family_t))); /* the kernel chooses the name */
    say(listen(server, 1));
    getsockname(server, (void *)&address, &length);
    say(connect(fd, (void *)&address, length));
    close(fd);
    close(server);
}

static void mistakes(void) {
    struct sockaddr_in address = loopback("0");
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    say(bind(-1, (void *)&address, sizeof address));
    say(bind(fd, NULL, 0));
    say(listen(-1, 1));
    say(bind(fd, (void *)&address, sizeof address));
    say(bind(fd, (void *)&address, sizeof address));
    close(fd);
}

/* Serves, lets the port go, and calls it when somebody else has taken it (told on standard input). */
static void let_go(void) {
    int server = listening(), one = 1;
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    say(call());
    close(accept(server, NULL, NULL));
    close(server);
    printf("port %d\n", ntohs(bound_address.sin_port));
    fflush(stdout);
    getchar();
    say(call());
}

int main(int argc, char **argv) {
    static const struct test_case cases[] = {
        {"own-call", own_call},       {"thread-call", thread_call}, {"child-call", child_call},
        {"parent-call", parent_call}, {"any-address", any_address}, {"ipv6", ipv6},
        {"udp", udp},                 {"path", path},               {"abstract", abstract},
        {"mistakes", mistakes},       {0},
    };
    static const struct test_case apart[] = {{"let-go", let_go}, {0}};
    return run_cases(argc > 1 && !strcmp(argv[1], "let-go") ? apart : cases, argc, argv);
}
