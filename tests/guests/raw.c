/* `syscall()`: the function that makes any system call. Arguments: port, a program to start. */
#include "guest.h"
#include <sys/mman.h>

static void numbers(void) {
    say(syscall(SYS_getpid) == getpid());
    say(syscall(SYS_gettid) == gettid());
    say(syscall(SYS_getppid) == getppid());
    say(syscall(-1));
    say(syscall(99999));
    say(syscall(SYS_close, -1));
    say(syscall(SYS_read, -1, NULL, 0));
}

static void six_arguments(void) {
    int fd = open("/proc/self/exe", O_RDONLY);
    char *page = (void *)syscall(SYS_mmap, NULL, 4096UL, (long)PROT_READ, (long)MAP_PRIVATE, (long)fd, 0L);
    printf("%s: %s\n", current, page != MAP_FAILED && !memcmp(page, "\177ELF", 4) ? "mapped" : strerrorname_np(errno));
    say(syscall(SYS_mmap, NULL, 4096UL, (long)PROT_READ, (long)MAP_PRIVATE, (long)fd, 1L));
    close(fd);
}

static void connecting(void) {
    struct sockaddr_in address = loopback(arguments[0]);
    long fd = syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
    say(fd);
    say(syscall(SYS_connect, fd, &address, sizeof address));
    close(fd);
}

static void opening(void) {
    long fd = syscall(SYS_openat, AT_FDCWD, "raw.made", O_CREAT | O_RDWR, 0640);
    struct stat status;
    say(fd);
    fstat(fd, &status);
    printf("%s: mode %o\n", current, status.st_mode & 0777);
    close(fd);
    say(syscall(SYS_unlinkat, AT_FDCWD, "raw.made", 0));
    say(syscall(SYS_openat, AT_FDCWD, "no/such", O_RDONLY));
}

static void starting(void) {
    char *words[] = {"echo", "raw", NULL}, *none[] = {NULL};
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        syscall(SYS_execve, arguments[1], words, none);
        say(-1);
        _exit(9);
    }
    waitpid(child, &status, 0);
    say(WEXITSTATUS(status));
}

int main(int argc, char **argv) {
    static const struct test_case cases[] = {
        {"numbers", numbers}, {"six-arguments", six_arguments}, {"connect", connecting},
        {"openat", opening},  {"execve", starting},             {0},
    };
    return run_cases(cases, argc, argv);
}
