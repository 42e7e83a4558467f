/* Connects a socket that another process made: HOW HOST PORT. */
#include "reach.h"
#include "calls.h"

/* Sends a descriptor over a socket. */
static void pass_on(int through, int fd) {
    char byte = 0, control[CMSG_SPACE(sizeof fd)] = "";
    struct iovec bytes = {&byte, 1};
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    sendmsg(through, &message, 0);
}

static int received(int through) {
    int fd = -1;
    char byte, control[CMSG_SPACE(sizeof fd)];
    struct iovec bytes = {&byte, 1};
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    if (recvmsg(through, &message, 0) == 1)
        memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    return fd;
}

static long connected(int fd, char **place) {
    struct sockaddr_in peer = peer4(place[0], place[1]);
    return by_instruction ? call(SYS_connect, fd, (long)&peer, sizeof peer, 0, 0, 0)
                          : connect(fd, (void *)&peer, sizeof peer);
}

/* The child makes it, the parent connects it. */
static void rights(char **place) {
    int pair[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    if (fork() == 0) {
        pass_on(pair[1], socket(AF_INET, SOCK_STREAM, 0));
        _exit(0);
    }
    wait(NULL);
    int fd = received(pair[0]);
    converse(fd, connected(fd, place));
}

/* The child connects it, the parent talks. */
static void rights_back(char **place) {
    int pair[2], fd = socket(AF_INET, SOCK_STREAM, 0);
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    if (fork() == 0) {
        int received_fd = received(pair[1]);
        _exit(connected(received_fd, place) ? errno : 0);
    }
    pass_on(pair[0], fd);
    int status = 0;
    wait(&status);
    errno = WEXITSTATUS(status);
    converse(fd, errno ? -1 : 0);
}

/* It is made before the program becomes another, which is told its number. */
static void over_exec(char *program, const char *how, char **place) {
    char number[16];
    snprintf(number, sizeof number, "%d", socket(AF_INET, SOCK_STREAM, 0));
    char *words[] = {program, (char *)how, place[0], place[1], number, NULL};
    execv(program, words);
}

int main(int argc, char **argv) {
    char **place = argv + 2;
    if (argc < 4)
        return 3;
    by_instruction = strstr(argv[1], "instruction") != NULL;
    if (argc == 5) {
        int fd = atoi(argv[4]);
        converse(fd, connected(fd, place));
    } else if (!strncmp(argv[1], "exec", 4))
        over_exec(argv[0], argv[1], place);
    else if (!strncmp(argv[1], "back", 4))
        rights_back(place);
    else
        rights(place);
    return 0;
}
