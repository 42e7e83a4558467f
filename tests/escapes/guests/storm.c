/* Many calls under a storm of signals: BY COUNT HOST PORT [interrupting|stream]. Each is refused or reaches its peer; none
 * is lost or made twice, nor interrupted where the signal's handler restarts what it interrupts. */
#include "reach.h"
#include "calls.h"
#include <sys/time.h>

static volatile sig_atomic_t signals;
static int flags = SA_RESTART;

static void tick(int unused) {
    signals++;
}

static void storm(int microseconds) {
    struct sigaction action = {.sa_handler = tick, .sa_flags = flags};
    struct itimerval timer = {{0, microseconds}, {0, microseconds}};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, microseconds ? &timer : &(struct itimerval){0}, NULL);
}

int main(int argc, char **argv) {
    int connected = 0, refused = 0, interrupted = 0, other = 0, count = atoi(argv[2]);
    struct sockaddr_in peer = peer4(argv[3], argv[4]);
    by_instruction = !strcmp(argv[1], "instruction");
    int kind = argc > 5 && !strcmp(argv[5], "stream") ? SOCK_STREAM : SOCK_DGRAM;
    if (argc > 5 && kind == SOCK_DGRAM)
        flags = 0;
    storm(200);
    for (int i = 0; i < count; i++) {
        int fd = socket(AF_INET, kind, 0); /* of datagrams, no server's backlog has a say */
        long result = by_instruction ? call(SYS_connect, fd, (long)&peer, sizeof peer, 0, 0, 0)
                                     : connect(fd, (void *)&peer, sizeof peer);
        *(result == 0 ? &connected : errno == EACCES ? &refused : errno == EINTR ? &interrupted : &other) += 1;
        close(fd);
    }
    storm(0);
    printf("connected %d, refused %d, interrupted %d, other %d, %s\n", connected, refused, interrupted, other,
           signals > 10 ? "stormy" : "calm");
    return 0;
}
