/* sleep and waits under signals that end them: what is interrupted without bigfoot is interrupted with it. */
#include "reach.h"
#include <poll.h>
#include <sys/time.h>
#include <time.h>

static void nothing(int unused) {
}

static void handle(int signal, int flags) {
    struct sigaction action = {.sa_handler = nothing, .sa_flags = flags};
    sigaction(signal, &action, NULL);
}

static void alarm_in_ms(int ms) {
    setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, ms * 1000}}, NULL);
}

static void say(const char *what, long result) {
    printf("%s: %ld %s\n", what, result, result < 0 ? strerrorname_np(errno) : "");
}

int main(void) {
    int ends[2];
    char byte;
    struct timespec second = {1, 0}, left = {0, 0};
    pipe(ends);

    handle(SIGALRM, 0);
    alarm_in_ms(30);
    say("nanosleep", nanosleep(&second, &left));
    say("time is left", left.tv_nsec > 0);
    alarm_in_ms(30);
    say("read", read(ends[0], &byte, 1));
    alarm_in_ms(30);
    say("poll", poll(&(struct pollfd){.fd = ends[0], .events = POLLIN}, 1, 1000));
    alarm_in_ms(30);
    say("sleep", sleep(2) > 0);

    handle(SIGCHLD, 0);
    if (fork() == 0) {
        poll(NULL, 0, 100); /* its parent sleeps by then */
        _exit(7);
    }
    say("a child ends a sleep", nanosleep(&second, &left));
    int status = 0;
    say("wait", wait(&status) > 0);
    say("its code", WEXITSTATUS(status));

    handle(SIGALRM, SA_RESTART);
    alarm_in_ms(30);
    if (fork() == 0) {
        usleep(60000);
        _exit(8);
    }
    say("a restarted wait", wait(&status) > 0);
    say("its code", WEXITSTATUS(status));
    return 0;
}
