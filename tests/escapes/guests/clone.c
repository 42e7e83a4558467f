/* A thread that libc knows nothing of, made by clone(2) itself: HOW HOST PORT. */
#include "reach.h"
#include "calls.h"
#include <linux/futex.h>
#include <sched.h>

static char **place;
static volatile int alive = 1;
static char stack[256 * 1024] __attribute__((aligned(16)));

/* By libc, on the thread storage of the thread that made this one and stands still. */
static void by_libc(void) {
    reach(place[0], place[1]);
}

static void by_itself(void) {
    by_instruction = 1;
    struct sockaddr_in peer = peer4(place[0], place[1]);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    converse(fd, call(SYS_connect, fd, (long)&peer, sizeof peer, 0, 0, 0));
}

static void (*act)(void);

__attribute__((noreturn, used)) static void begin(void) {
    act();
    instruction(SYS_exit, 0, 0, 0, 0, 0, 0);
    __builtin_unreachable();
}

/* clone(2) with the child going on in `begin`, on its own stack. */
static long thread(long flags) {
    long result = SYS_clone;
    register long tid __asm__("r10") = (long)&alive, storage __asm__("r8") = 0;
    __asm__ volatile("syscall\n\ttest %%rax, %%rax\n\tjnz 1f\n\txor %%ebp, %%ebp\n\tcall *%4\n1:"
                     : "+a"(result)
                     : "D"(flags), "S"(stack + sizeof stack), "d"(0L), "r"(begin), "r"(tid), "r"(storage)
                     : "rcx", "r11", "memory");
    return result;
}

int main(int argc, char **argv) {
    if (argc != 4)
        return 3;
    place = argv + 2;
    act = strcmp(argv[1], "libc") ? by_itself : by_libc;
    thread(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_CHILD_CLEARTID);
    while (alive)
        instruction(SYS_futex, (long)&alive, FUTEX_WAIT, 1, 0, 0, 0);
    return 0;
}
