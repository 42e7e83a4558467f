/* One guest makes another one connect, by ptrace: the traced one asks for its parent's number, and the tracer
 * turns that call into a connect as it enters the kernel. HOST PORT. */
#include "reach.h"
#include "calls.h"
#include <sys/ptrace.h>
#include <sys/user.h>

static struct sockaddr_in peer;

static void traced(int fd) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    by_instruction = 1;
    converse(fd, call(SYS_getppid, fd, (long)&peer, sizeof peer, 0, 0, 0));
    _exit(0);
}

static void turn(pid_t child) {
    struct user_regs_struct registers;
    ptrace(PTRACE_GETREGS, child, 0, &registers);
    if (registers.orig_rax == SYS_getppid) {
        registers.orig_rax = SYS_connect;
        ptrace(PTRACE_SETREGS, child, 0, &registers);
    }
}

int main(int argc, char **argv) {
    int status;
    if (argc != 3)
        return 3;
    peer = peer4(argv[1], argv[2]);
    pid_t child = fork();
    if (child == 0)
        traced(socket(AF_INET, SOCK_STREAM, 0));
    while (waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
        turn(child);
        if (ptrace(PTRACE_SYSCALL, child, 0, 0))
            break;
    }
    return 0;
}
