/* Connects by an instruction of its own, from a process that is hard to look at: WAY HOST PORT. */
#include "reach.h"
#include "calls.h"
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

static char **place;

static void connected(void) {
    struct sockaddr_in peer = peer4(place[0], place[1]);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    converse(fd, call(SYS_connect, fd, (long)&peer, sizeof peer, 0, 0, 0));
}

/* Nobody but root may read its memory, or have its descriptors. */
static void private(void) {
    prctl(PR_SET_DUMPABLE, 0);
    connected();
}

/* The same looks a name up, by libc. */
static void private_look_up(void) {
    struct addrinfo *found;
    prctl(PR_SET_DUMPABLE, 0);
    printf("%s\n", getaddrinfo(place[0], place[1], NULL, &found) ? "unknown" : "known");
}

/* The thread that the process is named by has ended. */
static void *orphaned(void *leader) {
    pthread_join(*(pthread_t *)leader, NULL);
    connected();
    exit(0);
}

static void orphan(void) {
    static pthread_t own, other;
    own = pthread_self();
    pthread_create(&other, NULL, orphaned, &own);
    pthread_exit(NULL);
}

/* In a user namespace and a process namespace of its own. */
static void namespace(void) {
    if (!told(unshare(CLONE_NEWUSER | CLONE_NEWPID), NULL))
        return;
    if (fork() == 0) {
        connected();
        _exit(0);
    }
    wait(NULL);
}

int main(int argc, char **argv) {
    if (argc != 4)
        return 3;
    by_instruction = 1;
    place = argv + 2;
    if (!strcmp(argv[1], "private"))
        private();
    else if (!strcmp(argv[1], "private-look-up"))
        private_look_up();
    else if (!strcmp(argv[1], "orphan"))
        orphan();
    else
        namespace();
    return 0;
}
