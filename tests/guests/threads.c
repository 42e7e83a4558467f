/* Threads, forks, signals and cancelled calls.
 * Arguments: port, port of a name server that is silent about silent.example. */
#include "guest.h"
#include <resolv.h>
#include <sys/time.h>

static int call(void) {
    struct sockaddr_in address = loopback(arguments[0]);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int result = connect(fd, (void *)&address, sizeof address);
    int error = errno;
    char greeting;
    if (result == 0)
        while (read(fd, &greeting, 1) < 0 && errno == EINTR)
            ; /* else the server's queue overflows */
    close(fd);
    errno = error;
    return result;
}

static void use_name_server(int seconds) {
    res_init();
    _res.nscount = 1;
    _res.nsaddr_list[0] = loopback(arguments[1]);
    _res.retrans = seconds;
    _res.retry = 1;
    _res.options &= ~(RES_DNSRCH | RES_DEFNAMES);
}

static int failures;

static void *calls(void *unused) {
    for (int i = 0; i < 50; i++)
        if (call() != 0)
            __atomic_fetch_add(&failures, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

static void many(void) {
    pthread_t threads[16];
    for (int i = 0; i < 16; i++)
        pthread_create(&threads[i], NULL, calls, NULL);
    for (int i = 0; i < 16; i++)
        pthread_join(threads[i], NULL);
    printf("%s: %d of 800 failed\n", current, failures);
    failures = 0;
}

static void report_child(pid_t child) {
    int status;
    waitpid(child, &status, 0);
    printf("%s: child %s %d\n", current, WIFEXITED(status) ? "exit" : "signal",
           WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}

/* A child after fork calls while other threads of its parent were at it. */
static void fork_among_threads(void) {
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, calls, NULL);
    for (int i = 0; i < 20; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(call() ? 1 : 0);
        int status;
        waitpid(child, &status, 0);
        if (status)
            printf("%s: child %d ended with %d\n", current, i, status);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    printf("%s: %d failed\n", current, failures);
    failures = 0;
}

static void *fork_and_call(void *unused) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        say(call());
        fflush(stdout);
        _exit(7);
    }
    report_child(child);
    return NULL;
}

static void fork_from_thread(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, fork_and_call, NULL);
    pthread_join(thread, NULL);
}

static void call_in_vfork(void) {
    struct sockaddr_in address = loopback(arguments[0]);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    volatile int result = 99, error = 0;
    fflush(stdout);
    pid_t child = vfork();
    if (child == 0) {
        result = connect(fd, (void *)&address, sizeof address);
        error = errno;
        _exit(5);
    }
    report_child(child);
    errno = error;
    say(result);
    close(fd);
}

static void grandchild(void) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        pid_t inner = fork();
        if (inner == 0)
            _exit(call() ? 1 : 0);
        int status;
        waitpid(inner, &status, 0);
        _exit(WEXITSTATUS(status) + 10);
    }
    report_child(child);
}

static void daemon_call(void) {
    int ends[2], told[2] = {99, 0};
    pipe(ends);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        setsid();
        if (fork())
            _exit(0);
        told[0] = call();
        told[1] = errno;
        write(ends[1], told, sizeof told);
        _exit(0);
    }
    report_child(child);
    read(ends[0], told, sizeof told);
    errno = told[1];
    say(told[0]);
}

/* A thread that waits in `wait`, is cancelled there, and runs its clean-up. */
static void cleaned(void *unused) {
    printf("%s: cleaned up\n", current);
}

static pthread_barrier_t ready;
static int (*waiting)(void);

static void *waiter(void *unused) {
    pthread_cleanup_push(cleaned, NULL);
    pthread_barrier_wait(&ready);
    waiting();
    pthread_cleanup_pop(0);
    return NULL;
}

static void cancel_in(int (*wait)(void)) {
    pthread_t thread;
    void *result;
    waiting = wait;
    pthread_barrier_init(&ready, NULL, 2);
    pthread_create(&thread, NULL, waiter, NULL);
    pthread_barrier_wait(&ready);
    usleep(200000);
    pthread_cancel(thread);
    pthread_join(thread, &result);
    printf("%s: %s\n", current, result == PTHREAD_CANCELED ? "cancelled" : "returned");
}

static int full_listener;
static struct sockaddr_in full_address;

/* A listener whose queue is full: a blocking connect to it waits. */
static void fill(void) {
    socklen_t length = sizeof full_address;
    full_address = loopback("0");
    full_listener = socket(AF_INET, SOCK_STREAM, 0);
    bind(full_listener, (void *)&full_address, sizeof full_address);
    listen(full_listener, 0);
    getsockname(full_listener, (void *)&full_address, &length);
    for (int i = 0; i < 3; i++)
        connect(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), (void *)&full_address, sizeof full_address);
}

static int wait_connect(void) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    return connect(fd, (void *)&full_address, sizeof full_address);
}

static int wait_accept(void) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    listen(fd, 1);
    return accept(fd, NULL, NULL);
}

static int wait_read(void) {
    int ends[2];
    char byte;
    pipe(ends);
    return read(ends[0], &byte, 1);
}

static int wait_lookup(void) {
    struct addrinfo *found;
    use_name_server(1);
    return getaddrinfo("silent.example", NULL, NULL, &found);
}

static int wait_open(void) {
    mkfifo("guest.fifo", 0600);
    return open("guest.fifo", O_RDONLY);
}

static int wait_send(void) {
    static char bytes[1 << 16];
    int pair[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    while (sendto(pair[0], bytes, sizeof bytes, 0, NULL, 0) > 0)
        ;
    return 0;
}

static int wait_sendmsg(void) {
    static char bytes[1 << 16];
    int pair[2];
    struct iovec vector = {bytes, sizeof bytes};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    while (sendmsg(pair[0], &message, 0) > 0)
        ;
    return 0;
}

static int wait_system(void) { return system("sleep 1"); }

static void cancel_connect(void) { fill(); cancel_in(wait_connect); }
static void cancel_accept(void) { cancel_in(wait_accept); }
static void cancel_read(void) { cancel_in(wait_read); }
static void cancel_lookup(void) { cancel_in(wait_lookup); }
static void cancel_open(void) { cancel_in(wait_open); unlink("guest.fifo"); }
static void cancel_send(void) { cancel_in(wait_send); }
static void cancel_sendmsg(void) { cancel_in(wait_sendmsg); }
static void cancel_system(void) { cancel_in(wait_system); }

static int handled_result = 99, handled_error;

static void handler(int signal) {
    int before = errno;
    handled_result = call();
    handled_error = errno;
    errno = before;
}

/* The handler calls while the main thread is inside a look-up. */
static void call_in_handler(void) {
    struct itimerval soon = {.it_value = {.tv_usec = 100000}};
    struct addrinfo *found;
    use_name_server(1);
    signal(SIGALRM, handler);
    setitimer(ITIMER_REAL, &soon, NULL);
    int code = getaddrinfo("silent.example", NULL, NULL, &found);
    printf("%s: look-up %s\n", current, code ? "failed" : "found");
    errno = handled_error;
    say(handled_result);
}

/* Many signals while calls are made: each call is made once and ends once. */
static volatile int signals;

static void count(int signal) { signals++; }

static void storm(void) {
    struct sigaction action = {.sa_handler = count, .sa_flags = SA_RESTART};
    struct itimerval often = {{0, 500}, {0, 500}}, never = {{0}};
    int failed = 0;
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    for (int i = 0; i < 300; i++)
        failed += call() != 0;
    setitimer(ITIMER_REAL, &never, NULL);
    printf("%s: %d of 300 failed, signals %s\n", current, failed, signals ? "came" : "did not come");
}

static void mask(void) {
    sigset_t before = {0}, after = {0};
    sigprocmask(0, NULL, &before);
    call();
    sigprocmask(0, NULL, &after);
    printf("%s: %s\n", current, memcmp(&before, &after, sizeof before) ? "another" : "the same");
}

static void thread_count(void) {
    char line[256];
    FILE *status = fopen("/proc/self/status", "r");
    while (fgets(line, sizeof line, status))
        if (!strncmp(line, "Threads:", 8))
            printf("%s: %s", current, line + 9);
    fclose(status);
}

/* A small stack must be enough for a hooked call. */
static void *small_call(void *unused) {
    say(call());
    return NULL;
}

static void small_stack(void) {
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 32768);
    pthread_create(&thread, &attributes, small_call, NULL);
    pthread_join(thread, NULL);
}

int main(int argc, char **argv) {
    static const struct test_case cases[] = {
        {"thread-count", thread_count},
        {"many", many},
        {"fork-among-threads", fork_among_threads},
        {"fork-from-thread", fork_from_thread},
        {"vfork", call_in_vfork},
        {"grandchild", grandchild},
        {"daemon", daemon_call},
        {"small-stack", small_stack},
        {"mask", mask},
        {"storm", storm},
        {"handler", call_in_handler},
        {"cancel-accept", cancel_accept},
        {"cancel-read", cancel_read},
        {"cancel-connect", cancel_connect},
        {"cancel-getaddrinfo", cancel_lookup},
        {"cancel-open", cancel_open},
        {"cancel-sendto", cancel_send},
        {"cancel-sendmsg", cancel_sendmsg},
        {"cancel-system", cancel_system},
        {"thread-count", thread_count},
        {0},
    };
    return run_cases(cases, argc, argv);
}
