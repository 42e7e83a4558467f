/* What the guests share: a table of cases, and one line of output for each.
 *
 * A guest is called with names of cases (`a,b`), or `all`, and then what the cases need. Each case makes
 * one call in one of its variants and says how it ended, errno included, in words that are the same
 * in every run. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

struct test_case {
    const char *name;
    void (*run)(void);
};

static const char *current;
static char **arguments;

/* Says how a call ended: its result, and errno where the result is negative. */
static void say(long result) {
    int error = errno;
    if (result < 0)
        printf("%s: %ld %s\n", current, result, strerrorname_np(error));
    else
        printf("%s: %ld\n", current, result);
    fflush(stdout);
}

/* Says how a call ended that returns a pointer. */
static void say_pointer(const void *result) {
    int error = errno;
    printf("%s: %s %s\n", current, result ? "pointer" : "NULL", result ? "" : strerrorname_np(error));
    fflush(stdout);
}

/* Says a word of the case's own. */
static void say_text(const char *text) {
    printf("%s: %s\n", current, text);
    fflush(stdout);
}

/* Whether a case is in a list of names with commas between them. */
static int listed(const char *list, const char *name) {
    size_t length = strlen(name);
    for (; list; list = strchr(list, ',') ? strchr(list, ',') + 1 : NULL)
        if (!strncmp(list, name, length) && (list[length] == ',' || !list[length]))
            return 1;
    return 0;
}

static int run_cases(const struct test_case *cases, int argc, char **argv) {
    const char *wanted = argc > 1 ? argv[1] : "all";
    int found = 0;
    arguments = argv + 2;
    for (; cases->name; cases++)
        if (!strcmp(wanted, "all") || listed(wanted, cases->name)) {
            current = cases->name;
            found = 1;
            errno = 0;
            cases->run();
        }
    return found ? 0 : 3;
}

static struct sockaddr_in loopback(const char *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static struct sockaddr_in6 loopback6(const char *port, const char *address_text) {
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(atoi(port))};
    inet_pton(AF_INET6, address_text, &address.sin6_addr);
    return address;
}

static struct sockaddr_un unix_path(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    return address;
}
