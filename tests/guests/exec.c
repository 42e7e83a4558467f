/* Programs, started by every door that libc has. Argument: a program that prints its arguments, and
 * the environment variable GUEST_WORD (guests/echo.c). */
#include "guest.h"
#include <dlfcn.h>
#include <spawn.h>
#include <wordexp.h>

#define ECHO arguments[0]

static char *const nothing[] = {NULL};
static char *const with_word[] = {"GUEST_WORD=given", NULL};

/* Says how a child ended. */
static void ended(int status) {
    if (WIFEXITED(status))
        printf("%s: exit %d\n", current, WEXITSTATUS(status));
    else
        printf("%s: signal %d\n", current, WTERMSIG(status));
    fflush(stdout);
}

/* Runs `start` in a child; it comes back only where it fails. */
static void in_child(void (*start)(void)) {
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        start();
        say(-1);
        _exit(99);
    }
    waitpid(child, &status, 0);
    ended(status);
}

static char **words(void) {
    static char *list[4];
    list[0] = "echo";
    list[1] = (char *)current;
    return list;
}

static const char *name_only(void) {
    char *slash = strrchr(ECHO, '/');
    char path[4096];
    snprintf(path, sizeof path, "/no/such/folder:%.*s", (int)(slash - ECHO), ECHO);
    setenv("PATH", path, 1);
    return slash + 1;
}

static void ve_(void) { execve(ECHO, words(), with_word); }
static void v_(void) { execv(ECHO, words()); }
static void vp_(void) { execvp(name_only(), words()); }
static void vpe_(void) { execvpe(name_only(), words(), with_word); }
static void l_(void) { execl(ECHO, "echo", current, "a", "b", "c", "d", "e", "f", "g", NULL); }
static void lp_(void) { execlp(name_only(), "echo", current, NULL); }
static void le_(void) { execle(ECHO, "echo", current, "x", NULL, with_word); }
static void fve_(void) { fexecve(open(ECHO, O_RDONLY | O_CLOEXEC), words(), with_word); }
static void veat_(void) { execveat(AT_FDCWD, ECHO, words(), with_word, 0); }
static void veat_fd_(void) { execveat(open(ECHO, O_PATH), "", words(), with_word, AT_EMPTY_PATH); }
static void raw_(void) { syscall(SYS_execve, ECHO, words(), with_word); }
static void empty_(void) { execve(ECHO, words(), nothing); }
static void null_(void) { execve(ECHO, words(), NULL); }
static void cleared_(void) { clearenv(); execv(ECHO, words()); }
static void swapped_(void) { environ = (char **)with_word; execvp(ECHO, words()); }
static void missing_(void) { execv("/no/such/program", words()); }
static void folder_(void) { execv("/", words()); }
static void data_(void) { execv("/etc/passwd", words()); }
static void missing_name_(void) { execvp("no-such-program", words()); }

#define CHILD(name) static void name(void) { in_child(name##_); }
CHILD(ve) CHILD(v) CHILD(vp) CHILD(vpe) CHILD(l) CHILD(lp) CHILD(le) CHILD(fve) CHILD(veat) CHILD(veat_fd) CHILD(raw)
CHILD(empty) CHILD(null) CHILD(cleared) CHILD(swapped) CHILD(missing) CHILD(folder) CHILD(data) CHILD(missing_name)

static void after_vfork(void) {
    volatile int error = 0;
    int status;
    fflush(stdout);
    pid_t child = vfork();
    if (child == 0) {
        execve(ECHO, words(), with_word);
        error = errno; /* shared with the parent */
        _exit(99);
    }
    waitpid(child, &status, 0);
    ended(status);
    say(error);
}

static void spawned(int code, const pid_t *child) {
    int status;
    if (code == 0 && waitpid(*child, &status, 0) == *child)
        ended(status);
    say(code);
}

static void spawn(void) {
    pid_t child;
    spawned(posix_spawn(&child, ECHO, NULL, NULL, words(), with_word), &child);
}

static void spawnp(void) {
    pid_t child;
    char *path = strdup(getenv("PATH"));
    const char *name = name_only();
    spawned(posix_spawnp(&child, name, NULL, NULL, words(), environ), &child);
    setenv("PATH", path, 1);
}

static void spawn_actions(void) {
    pid_t child;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    spawned(posix_spawn(&child, ECHO, &actions, &attributes, words(), nothing), &child);
}

static void spawn_missing(void) {
    pid_t child = 7;
    spawned(posix_spawn(&child, "/no/such/program", NULL, NULL, words(), environ), &child);
    spawned(posix_spawnp(&child, "no-such-program", NULL, NULL, words(), environ), &child);
}

typedef int pidfd_spawner(int *, const char *, const void *, const void *, char *const[], char *const[]);

static void pidfd(void) {
    int fd = -1;
    pidfd_spawner *pidfd_spawn = (pidfd_spawner *)dlsym(RTLD_DEFAULT, "pidfd_spawn");
    if (!pidfd_spawn) { /* glibc 2.39 has it */
        spawn();
        return;
    }
    int code = pidfd_spawn(&fd, ECHO, NULL, NULL, words(), with_word);
    siginfo_t info = {0};
    if (code == 0 && waitid(P_PIDFD, fd, &info, WEXITED) == 0)
        printf("%s: exit %d\n", current, info.si_status);
    close(fd);
    say(code);
}

static void shell(void) {
    char line[4096];
    snprintf(line, sizeof line, "%s system", ECHO);
    fflush(stdout);
    ended(system(line));
}

static void shell_more(void) {
    say(system(NULL) != 0);
    ended(system("exit 3"));
    ended(system("no-such-program-at-all 2>&1"));
}

static void pipe_from(void) {
    char line[4096], text[256] = "";
    snprintf(line, sizeof line, "%s popen", ECHO);
    FILE *pipe = popen(line, "r");
    say_pointer(pipe);
    if (!pipe)
        return;
    while (fgets(text, sizeof text, pipe))
        printf("%s: %s", current, text);
    ended(pclose(pipe));
}

static void pipe_to(void) {
    FILE *pipe = popen("cat", "we");
    say_pointer(pipe);
    if (!pipe)
        return;
    fputs("through a pipe\n", pipe);
    ended(pclose(pipe));
}

static void expand(void) {
    char text[4096];
    wordexp_t expanded;
    snprintf(text, sizeof text, "$(%s wordexp)", ECHO);
    int code = wordexp(text, &expanded, 0);
    printf("%s: %d %s\n", current, code, code == 0 && expanded.we_wordc ? expanded.we_wordv[0] : "-");
}

int main(int argc, char **argv) {
    static const struct test_case cases[] = {
        {"execve", ve},
        {"execv", v},
        {"execvp", vp},
        {"execvpe", vpe},
        {"execl", l},
        {"execlp", lp},
        {"execle", le},
        {"fexecve", fve},
        {"execveat", veat},
        {"execveat-fd", veat_fd},
        {"execve-raw", raw},
        {"empty-environment", empty},
        {"null-environment", null},
        {"cleared-environment", cleared},
        {"swapped-environment", swapped},
        {"vfork", after_vfork},
        {"posix_spawn", spawn},
        {"posix_spawnp", spawnp},
        {"posix_spawn-actions", spawn_actions},
        {"pidfd_spawn", pidfd},
        {"system", shell},
        {"popen", pipe_from},
        {"wordexp", expand},
        {"popen-write", pipe_to},
        {"system-more", shell_more},
        {"missing", missing},
        {"missing-name", missing_name},
        {"missing-spawn", spawn_missing},
        {"folder", folder},
        {"data", data},
        {0},
    };
    return run_cases(cases, argc, argv);
}
