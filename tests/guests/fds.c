/* Descriptors: the guest counts, closes and overwrites them, and its calls are guarded all the same.
 * Argument: port. */
#include "guest.h"
#include <dirent.h>
#include <dlfcn.h>
#include <sys/resource.h>

static int call(void) {
    struct sockaddr_in address = loopback(arguments[0]);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int result = connect(fd, (void *)&address, sizeof address);
    int error = errno;
    printf("%s: socket %d\n", current, fd);
    close(fd);
    errno = error;
    return result;
}

static int open_descriptors(void) {
    int count = 0;
    for (int fd = 0; fd < 4096; fd++)
        count += fcntl(fd, F_GETFD) != -1;
    return count;
}

static void counted(void) {
    say(open_descriptors());
    say(call());
    say(open_descriptors());
    DIR *folder = opendir("/proc/self/fd");
    for (struct dirent *entry; (entry = readdir(folder));)
        if (entry->d_name[0] != '.')
            printf("%s: %s\n", current, entry->d_name);
    closedir(folder);
}

/* Leaves standard output alone, to be able to say what came of it. */
static void closed(void) {
    int failed = 0;
    for (int fd = 2; fd < 1024; fd++)
        failed += close(fd) != 0;
    printf("%s: %d were not open\n", current, failed);
    say(call());
}

static void closed_range(void) {
    int (*range)(unsigned, unsigned, int) = dlsym(RTLD_DEFAULT, "close_range");
    say(range(3, ~0U, 0));
    say(call());
    void (*from)(int) = dlsym(RTLD_DEFAULT, "closefrom");
    from(3);
    say(call());
    say(range(9, 3, 0));
    say(range(3, 9, 0x8000));
}

static void overwritten(void) {
    int null = open("/dev/null", O_RDWR);
    for (int fd = null + 1; fd < 1024; fd++)
        dup2(null, fd);
    say(call());
    for (int fd = 1023; fd >= null; fd--)
        close(fd);
    say(open_descriptors());
}

static void few(void) {
    struct rlimit before, limit;
    getrlimit(RLIMIT_NOFILE, &before);
    limit = (struct rlimit){32, before.rlim_max};
    say(setrlimit(RLIMIT_NOFILE, &limit));
    say(call());
    int last = -1, fd, taken = 0;
    while ((fd = open("/dev/null", O_RDONLY)) >= 0)
        last = fd, taken++;
    say(fd);
    printf("%s: took %d, the last was %d\n", current, taken, last);
    struct sockaddr_in address = loopback(arguments[0]);
    close(last);
    int only = socket(AF_INET, SOCK_STREAM, 0); /* the call itself finds no descriptor free */
    say(connect(only, (void *)&address, sizeof address));
    for (fd = 3; fd < 32; fd++)
        close(fd);
    setrlimit(RLIMIT_NOFILE, &before);
}

static void inherited(void) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        say(open_descriptors());
        say(call());
        say(open_descriptors());
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

static void none(void) {
    int kept = fcntl(1, F_DUPFD, 700);
    close(0), close(1), close(2);
    struct sockaddr_in address = loopback(arguments[0]);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int result = connect(fd, (void *)&address, sizeof address), error = errno;
    int second = socket(AF_INET, SOCK_STREAM, 0);
    dup2(kept, 1);
    printf("%s: sockets %d and %d\n", current, fd, second);
    errno = error;
    say(result);
}

int main(int argc, char **argv) {
    static const struct test_case cases[] = {
        {"counted", counted}, {"inherited", inherited},       {"closed", closed},
        {"few", few},         {"overwritten", overwritten},   {"closed-range", closed_range},
        {"none", none},       {0},
    };
    return run_cases(cases, argc, argv);
}
