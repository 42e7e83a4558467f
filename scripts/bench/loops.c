/* Makes one kind of call many times and prints the seconds that it took: loops connect|open|start N [PORT]. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;
static struct sockaddr_in peer;

static int connect_once(void) {
    struct linger at_once = {1, 0}; /* leaves no port behind in TIME_WAIT */
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int result = connect(fd, (struct sockaddr *)&peer, sizeof peer);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
    return result;
}

static int open_once(void) {
    int fd = open("/dev/null", O_RDONLY);
    return fd < 0 ? -1 : close(fd);
}

static int start_once(void) {
    char *words[] = {"true", NULL};
    pid_t child;
    int status;
    if (posix_spawn(&child, "/bin/true", NULL, NULL, words, environ))
        return -1;
    return waitpid(child, &status, 0) == child && status == 0 ? 0 : -1;
}

int main(int argc, char **argv) {
    if (argc < 3)
        return 2;
    int (*once)(void) = !strcmp(argv[1], "connect") ? connect_once : !strcmp(argv[1], "open") ? open_once : start_once;
    peer = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(argc > 3 ? atoi(argv[3]) : 0)};
    peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (long left = atol(argv[2]); left > 0; left--)
        if (once() != 0) {
            perror(argv[1]);
            return 1;
        }
    clock_gettime(CLOCK_MONOTONIC, &to);
    printf("%.6f\n", to.tv_sec - from.tv_sec + (to.tv_nsec - from.tv_nsec) / 1e9);
    return 0;
}
