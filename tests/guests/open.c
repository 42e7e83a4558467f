/* Files, opened by every door that libc has.
 * Argument: a folder that holds `there` (with `text`) and the folder `sub` (with `one`). */
#include "guest.h"
#include <dirent.h>
#include <ftw.h>
#include <glob.h>

static char buffer[4096];

static const char *in(const char *name) {
    snprintf(buffer, sizeof buffer, "%s/%s", arguments[0], name);
    return buffer;
}

/* Says the descriptor, the first bytes and the permission bits. */
static void opened(int fd) {
    char text[8] = "";
    struct stat status;
    say(fd);
    if (fd < 0)
        return;
    ssize_t got = read(fd, text, 4);
    fstat(fd, &status);
    printf("%s: read %zd %s, mode %o, flags %x\n", current, got, got > 0 ? text : "", status.st_mode & 07777,
           fcntl(fd, F_GETFL));
    close(fd);
}

static void stream(FILE *file) {
    char text[8] = "";
    say_pointer(file);
    if (!file)
        return;
    printf("%s: fd %d, read %s\n", current, fileno(file), fgets(text, sizeof text, file) ? text : "nothing");
    fclose(file);
}

static void plain(void) { opened(open(in("there"), O_RDONLY)); }
static void plain64(void) { opened(open64(in("there"), O_RDONLY | O_CLOEXEC)); }
static void at(void) { opened(openat(AT_FDCWD, in("there"), O_RDONLY)); }
static void at64(void) { opened(openat64(AT_FDCWD, in("there"), O_RDONLY)); }
static void raw(void) { opened(syscall(SYS_open, in("there"), O_RDONLY)); }
static void raw_at(void) { opened(syscall(SYS_openat, AT_FDCWD, in("there"), O_RDONLY, 0)); }

static void raw_at2(void) {
    struct { uint64_t flags, mode, resolve; } how = {O_RDONLY, 0, 0};
    opened(syscall(SYS_openat2, AT_FDCWD, in("there"), &how, sizeof how));
}

extern int __open_2(const char *, int);
extern int __open64_2(const char *, int);
extern int __openat_2(int, const char *, int);
extern int __openat64_2(int, const char *, int);
static void fortified(void) { opened(__open_2(in("there"), O_RDONLY)); }
static void fortified64(void) { opened(__open64_2(in("there"), O_RDONLY)); }
static void fortified_at(void) { opened(__openat_2(AT_FDCWD, in("there"), O_RDONLY)); }
static void fortified_at64(void) { opened(__openat64_2(AT_FDCWD, in("there"), O_RDONLY)); }

static void at_folder(void) {
    int folder = open(arguments[0], O_RDONLY | O_DIRECTORY);
    say(folder);
    opened(openat(folder, "there", O_RDONLY));
    close(folder);
}

static void relative(void) {
    say(chdir(arguments[0]));
    opened(open("./sub/../there", O_RDONLY));
}

static void made(int fd, const char *name) {
    opened(fd);
    if (fd >= 0)
        unlink(in(name));
}

static void create_mode(void) {
    umask(0);
    made(open(in("made"), O_CREAT | O_RDWR, 0640), "made");
    made(open64(in("made"), O_CREAT | O_RDWR | O_EXCL, 04711), "made");
    made(openat(AT_FDCWD, in("made"), O_CREAT | O_WRONLY, 0604), "made");
    umask(022);
}

static void creat_file(void) { made(creat(in("made"), 0600), "made"); }
static void creat64_file(void) { made(creat64(in("made"), 0666), "made"); }
static void unnamed(void) { opened(open(arguments[0], O_TMPFILE | O_RDWR, 0600)); }

static void file(void) { stream(fopen(in("there"), "r")); }
static void file64(void) { stream(fopen64(in("there"), "re")); }
static void reopened(void) { stream(freopen(in("there"), "r", fopen("/dev/null", "r"))); }
static void reopened64(void) { stream(freopen64(in("there"), "r", fopen("/dev/null", "r"))); }

static void file_modes(void) {
    umask(0);
    const char *modes[] = {"w", "w+", "a", "a+", "wx", "r+", "z", ""};
    for (int i = 0; i < 8; i++) {
        stream(fopen(in("made"), modes[i]));
        if (i == 3)
            unlink(in("made"));
    }
    unlink(in("made"));
    umask(022);
}

static void folder(void) {
    DIR *opened_folder = opendir(in("sub"));
    int names = 0;
    say_pointer(opened_folder);
    if (!opened_folder)
        return;
    while (readdir(opened_folder))
        names++;
    say(names);
    closedir(opened_folder);
}

static void scanned(void) {
    struct dirent **names;
    say(scandir(in("sub"), &names, NULL, alphasort));
}

static void scanned64(void) {
    struct dirent64 **names;
    say(scandir64(in("sub"), &names, NULL, alphasort64));
}

static void scanned_at(void) {
    struct dirent **names;
    say(scandirat(AT_FDCWD, in("sub"), &names, NULL, alphasort));
}

static int visit(const char *path, const struct stat *status, int kind) { return 0; }

static void walked(void) { say(ftw(in("sub"), visit, 4)); }

static void temporary(int (*make)(char *)) {
    char name[4096];
    struct stat status;
    snprintf(name, sizeof name, "%s/tmpXXXXXX", arguments[0]);
    int fd = make(name);
    say(fd);
    if (fd < 0)
        return;
    fstat(fd, &status);
    printf("%s: mode %o, flags %x\n", current, status.st_mode & 07777, fcntl(fd, F_GETFL) | fcntl(fd, F_GETFD));
    close(fd);
    unlink(name);
}

static int with_flags(char *name) { return mkostemp(name, O_CLOEXEC | O_APPEND); }
static int with_flags64(char *name) { return mkostemp64(name, O_CLOEXEC); }
static int with_suffix(char *name) { return mkstemps(strcat(name, ".c"), 2); }
static int with_suffix64(char *name) { return mkstemps64(strcat(name, ".c"), 2); }
static int with_both(char *name) { return mkostemps(strcat(name, ".c"), 2, O_CLOEXEC); }
static int with_both64(char *name) { return mkostemps64(strcat(name, ".c"), 2, O_CLOEXEC); }

static void temp(void) { temporary(mkstemp); }
static void temp64(void) { temporary(mkstemp64); }
static void temp_flags(void) { temporary(with_flags); }
static void temp_flags64(void) { temporary(with_flags64); }
static void temp_suffix(void) { temporary(with_suffix); }
static void temp_suffix64(void) { temporary(with_suffix64); }
static void temp_both(void) { temporary(with_both); }
static void temp_both64(void) { temporary(with_both64); }

static void temp_files(void) {
    stream(tmpfile());
    stream(tmpfile64());
}

static void failures(void) {
    opened(open(in("missing"), O_RDONLY));
    opened(open(in("there/below"), O_RDONLY));
    opened(open(in("sub"), O_WRONLY));
    opened(open(in("there"), O_CREAT | O_EXCL, 0600));
    opened(open(in("there"), O_RDONLY | O_DIRECTORY));
    opened(open("", O_RDONLY));
    opened(open(NULL, O_RDONLY));
    opened(openat(-1, "there", O_RDONLY));
    opened(openat(999, "there", O_RDONLY));
    stream(fopen(in("missing"), "r"));
    char bad[] = "no-template";
    say(mkstemp(bad));
    say_pointer(opendir(in("there")));
    say_pointer(opendir(in("missing")));
    say(creat(in("no/folder"), 0600));
}

int main(int argc, char **argv) {
    static const struct test_case cases[] = {
        {"open", plain},
        {"open64", plain64},
        {"openat", at},
        {"openat64", at64},
        {"open-raw", raw},
        {"openat-raw", raw_at},
        {"openat2-raw", raw_at2},
        {"__open_2", fortified},
        {"__open64_2", fortified64},
        {"__openat_2", fortified_at},
        {"__openat64_2", fortified_at64},
        {"openat-folder", at_folder},
        {"create-mode", create_mode},
        {"creat", creat_file},
        {"creat64", creat64_file},
        {"tmpfile-flag", unnamed},
        {"fopen", file},
        {"fopen64", file64},
        {"freopen", reopened},
        {"freopen64", reopened64},
        {"fopen-modes", file_modes},
        {"opendir", folder},
        {"scandir", scanned},
        {"scandir64", scanned64},
        {"scandirat", scanned_at},
        {"ftw", walked},
        {"mkstemp", temp},
        {"mkstemp64", temp64},
        {"mkostemp", temp_flags},
        {"mkostemp64", temp_flags64},
        {"mkstemps", temp_suffix},
        {"mkstemps64", temp_suffix64},
        {"mkostemps", temp_both},
        {"mkostemps64", temp_both64},
        {"tmpfile", temp_files},
        {"failures", failures},
        {"relative", relative},
        {0},
    };
    return run_cases(cases, argc, argv);
}
