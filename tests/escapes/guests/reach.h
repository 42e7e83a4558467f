/* What the guests of the escape suite share: one conversation, told on stdout in words that a guest in any
 * language prints alike.
 *
 *     connected      a peer was reached
 *     heard real     it answered `ping` like this
 *     refused 13     the call failed with this errno
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* Says that a call failed, or what it came to. Returns whether it did not fail. */
static int told(long result, const char *word) {
    if (result < 0)
        printf("refused %d\n", errno);
    else if (word)
        printf("%s\n", word);
    fflush(stdout);
    return result >= 0;
}

/* Says what arrives. */
static void hear(int fd) {
    char text[64] = "";
    long length = read(fd, text, sizeof text - 1);
    if (told(length, NULL)) {
        printf("heard %s\n", text);
        fflush(stdout);
    }
}

/* The conversation on a socket that was connected with this result. */
static void converse(int fd, long result) {
    if (told(result, "connected") && told(write(fd, "ping", 4), NULL))
        hear(fd);
    close(fd);
}

/* A peer, and patience for it. */
static struct sockaddr_in peer4(const char *host, const char *port) {
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
    alarm(10); /* nobody may answer where a mock should */
    inet_pton(AF_INET, host, &peer.sin_addr);
    return peer;
}

/* libc's own way. */
static void reach(const char *host, const char *port) {
    struct sockaddr_in peer = peer4(host, port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    converse(fd, connect(fd, (void *)&peer, sizeof peer));
}
