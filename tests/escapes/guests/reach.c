/* Connects by libc, from a process or thread of this kind: KIND HOST PORT. */
#include "reach.h"
#include <pthread.h>

static char **place;

static void here(void) {
    reach(place[0], place[1]);
}

/* In a child, waited for. */
static void in_child(void (*act)(void)) {
    pid_t child = fork();
    if (child == 0) {
        act();
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

static void child(void) {
    in_child(here);
}

static void grandchild(void) {
    in_child(child);
}

/* A daemon belongs to nobody who could wait for it; the end of a pipe tells that it is done. */
static void daemonised(void) {
    int ends[2];
    char byte;
    if (pipe(ends) || fork() > 0) {
        close(ends[1]);
        read(ends[0], &byte, 1);
        return;
    }
    setsid();
    if (fork() == 0) {
        chdir("/");
        here();
    }
    _exit(0);
}

static void *threaded(void *unused) {
    here();
    return unused;
}

static void thread(void) {
    pthread_t other;
    pthread_create(&other, NULL, threaded, NULL);
    pthread_join(other, NULL);
}

static void handler(int unused) {
    here();
}

static void in_handler(void) {
    signal(SIGUSR1, handler);
    raise(SIGUSR1);
}

/* By the name of the host. */
static void name(void) {
    struct addrinfo *found, hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    int error = getaddrinfo(place[0], place[1], &hints, &found);
    if (error) {
        printf("unknown %d\n", error);
        return;
    }
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    converse(fd, connect(fd, found->ai_addr, found->ai_addrlen));
}

static const struct kind {
    const char *name;
    void (*act)(void);
} kinds[] = {
    {"here", here}, {"child", child}, {"grandchild", grandchild}, {"daemon", daemonised},
    {"thread", thread}, {"handler", in_handler}, {"name", name}, {NULL, NULL},
};

int main(int argc, char **argv) {
    place = argv + 2;
    for (const struct kind *kind = kinds; argc == 4 && kind->name; kind++)
        if (!strcmp(kind->name, argv[1])) {
            kind->act();
            return 0;
        }
    return 3;
}
