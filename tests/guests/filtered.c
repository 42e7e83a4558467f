/* Starts a program where there can be no further seccomp listener: `filtered busy|forbidden PROGRAM...`. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
    struct sock_filter all[] = {{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
    struct sock_filter none[] = {
        {BPF_LD | BPF_W | BPF_ABS, 0, 0, 0},
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_seccomp},
        {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | 1 /* EPERM */},
        {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
    };
    int status, busy = argc > 2 && !strcmp(argv[1], "busy");
    struct sock_fprog program = {busy ? 1 : 4, busy ? all : none};
    unsigned long flags = busy ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0;

    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) < 0) {
        perror("seccomp");
        return 99;
    }
    pid_t child = fork(); /* the listener is this process's */
    if (child == 0) {
        execvp(argv[2], argv + 2);
        _exit(98);
    }
    waitpid(child, &status, 0);
    return WEXITSTATUS(status);
}
