/* A file of root certificates, opened by every door that libc has.
 * Argument: a folder that holds `certifi/cacert.pem`, in which there is one certificate. */
#include "guest.h"

static char path[4096];

/* Says how many certificates there are, and whether the file is as long as it says. */
static void counted(int fd) {
    static char text[1 << 20];
    struct stat status;
    int found = 0;
    if (fd < 0)
        return say(fd);
    fstat(fd, &status);
    ssize_t got = read(fd, text, sizeof text - 1);
    text[got < 0 ? 0 : got] = 0;
    for (char *at = text; (at = strstr(at, "BEGIN CERTIFICATE")); at++)
        found++;
    printf("%s: %d, %s, flags %x\n", current, found, got == status.st_size ? "whole" : "cut", fcntl(fd, F_GETFL));
    close(fd);
}

static void stream(FILE *file) {
    counted(file ? fileno(file) : -1);
}

extern int __open_2(const char *, int);
extern int __open64_2(const char *, int);
extern int __openat_2(int, const char *, int);
extern int __openat64_2(int, const char *, int);

static void plain(void) { counted(open(path, O_RDONLY)); }
static void plain64(void) { counted(open64(path, O_RDONLY | O_CLOEXEC)); }
static void at(void) { counted(openat(AT_FDCWD, path, O_RDONLY)); }
static void at64(void) { counted(openat64(AT_FDCWD, path, O_RDONLY)); }
static void raw(void) { counted(syscall(SYS_open, path, O_RDONLY)); }
static void raw_at(void) { counted(syscall(SYS_openat, AT_FDCWD, path, O_RDONLY, 0)); }
static void fortified(void) { counted(__open_2(path, O_RDONLY)); }
static void fortified64(void) { counted(__open64_2(path, O_RDONLY)); }
static void fortified_at(void) { counted(__openat_2(AT_FDCWD, path, O_RDONLY)); }
static void fortified_at64(void) { counted(__openat64_2(AT_FDCWD, path, O_RDONLY)); }
static void file(void) { stream(fopen(path, "r")); }
static void file64(void) { stream(fopen64(path, "re")); }
static void reopened(void) { stream(freopen(path, "r", fopen("/dev/null", "r"))); }
static void reopened64(void) { stream(freopen64(path, "r", fopen("/dev/null", "r"))); }

static void raw_at2(void) {
    struct { uint64_t flags, mode, resolve; } how = {O_RDONLY, 0, 0};
    counted(syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how));
}

static void at_folder(void) {
    int folder = open(arguments[0], O_RDONLY | O_DIRECTORY);
    counted(openat(folder, "certifi/cacert.pem", O_RDONLY));
    close(folder);
}

static void relative(void) {
    say(chdir(arguments[0]));
    counted(open("certifi/cacert.pem", O_RDONLY));
}

static void written(void) {
    counted(open(path, O_RDWR));
    stream(fopen(path, "r+"));
}

static void other(void) {
    snprintf(path, sizeof path, "%s/other.pem", arguments[0]);
    counted(open(path, O_RDONLY));
    snprintf(path, sizeof path, "%s/none/certifi/cacert.pem", arguments[0]);
    counted(open(path, O_RDONLY));
    say(open((char *)8, O_RDONLY));
}

int main(int argc, char **argv) {
    snprintf(path, sizeof path, "%s/certifi/cacert.pem", argv[2]);
    struct test_case cases[] = {
        {"open", plain},
        {"open64", plain64},
        {"openat", at},
        {"openat64", at64},
        {"open-raw", raw},
        {"openat-raw", raw_at},
        {"__open_2", fortified},
        {"__open64_2", fortified64},
        {"__openat_2", fortified_at},
        {"__openat64_2", fortified_at64},
        {"fopen", file},
        {"fopen64", file64},
        {"freopen", reopened},
        {"freopen64", reopened64},
        {"openat-folder", at_folder},
        {"openat2-raw", raw_at2},
        {"written", written},
        {"relative", relative},
        {"other", other},
        {0},
    };
    return run_cases(cases, argc, argv);
}
