/* A guest that tells where it stands, and waits. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define APART __attribute__((noinline))

volatile int sink;

APART void innermost(void)
{
    unsigned long instruction, stack, frame;
#if defined(__x86_64__)
    __asm__ volatile("lea 0(%%rip), %0\n mov %%rsp, %1\n mov %%rbp, %2"
                     : "=r"(instruction), "=r"(stack), "=r"(frame));
#else
    __asm__ volatile("adr %0, .\n mov %1, sp\n mov %2, x29"
                     : "=r"(instruction), "=r"(stack), "=r"(frame));
#endif
    printf("AT %lx %lx %lx\n", instruction, stack, frame);
    fflush(stdout);
    getchar();
    sink++;
}

static inline __attribute__((always_inline)) void folded(void)
{
    innermost(); /* the line of "folded" */
    sink++;
}

APART void middle(int depth)
{
    char buffer[200];
    memset(buffer, depth, sizeof buffer);
    sink += buffer[depth];
    folded();
    sink++;
}

APART void wide(void)
{
    volatile char buffer[600000];
    buffer[0] = buffer[599999] = 1;
    middle(buffer[0]); /* the line of "wide" */
    sink++;
}

APART void *threaded(void *unused)
{
    middle(3);
    sink++;
    return unused;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    if (argc > 1 && argv[1][0] == 't') {
        pthread_create(&thread, 0, threaded, 0);
        pthread_join(thread, 0);
    } else {
        wide(); /* the line of "main" */
    }
    return sink == 0;
}
