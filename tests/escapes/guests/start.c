/* Starts a program: WAY PROGRAM ARGUMENTS..., and waits for it. */
#include "reach.h"
#include "calls.h"
#include <sched.h>
#include <spawn.h>
#include <sys/mman.h>

extern char **environ;

static char **command;
static char *nothing[] = {NULL};

static void wait_for(long child) {
    if (child > 0)
        waitpid(child, NULL, 0);
}

/* In a child, replaced by the program. */
static void replaced(void (*act)(void)) {
    pid_t child = fork();
    if (child == 0) {
        act();
        told(-1, NULL);
        _exit(0);
    }
    wait_for(child);
}

static void execve_act(void) {
    execv(command[0], command);
}

/* By a name, which PATH knows. */
static void path_act(void) {
    execvp(command[0], command);
}

static void vforked(void) {
    pid_t child = vfork();
    if (child == 0) {
        execv(command[0], command);
        _exit(errno);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (WEXITSTATUS(status)) {
        errno = WEXITSTATUS(status);
        told(-1, NULL);
    }
}

/* Environments that lack what bigfoot needs. */
static void cleared_act(void) {
    execve(command[0], command, nothing);
}

static void unset_act(void) {
    unsetenv("LD_PRELOAD");
    execv(command[0], command);
}

static void environ_act(void) {
    environ = nothing;
    execvp(command[0], command);
}

static void overwritten_act(void) {
    setenv("LD_PRELOAD", "", 1);
    execv(command[0], command);
}

static void other_library_act(void) {
    setenv("LD_PRELOAD", "libm.so.6", 1);
    execv(command[0], command);
}

static void twice_act(void) {
    char *variables[] = {"LD_PRELOAD=libm.so.6", "LD_PRELOAD=", NULL};
    execve(command[0], command, variables);
}

/* The file without its name. */
static int in_memory(void) {
    int memory = memfd_create("program", 0), file = open(command[0], O_RDONLY);
    char bytes[65536];
    for (long count; (count = read(file, bytes, sizeof bytes)) > 0;)
        write(memory, bytes, count);
    close(file);
    return memory;
}

static void memory_act(void) {
    fexecve(in_memory(), command, environ);
}

static void execveat_act(void) {
    execveat(open(command[0], O_PATH), "", command, environ, AT_EMPTY_PATH);
}

/* Without any function of libc; with the environment, and without. */
static void raw_act(void) {
    call(SYS_execve, (long)command[0], (long)command, (long)environ, 0, 0, 0);
}

static void raw_cleared_act(void) {
    call(SYS_execve, (long)command[0], (long)command, (long)nothing, 0, 0, 0);
}

/* With more arguments than anybody looks at. */
static void raw_many_act(void) {
    static char *words[70002];
    words[0] = command[0];
    for (int i = 1; i < 70001; i++)
        words[i] = "x";
    call(SYS_execve, (long)command[0], (long)words, (long)environ, 0, 0, 0);
}

static void raw_memory_act(void) {
    call(SYS_execveat, in_memory(), (long)"", (long)command, (long)nothing, AT_EMPTY_PATH, 0);
}

static char *line(void) {
    static char text[4096];
    for (char **word = command; *word; word++) {
        strcat(text, *word);
        strcat(text, " ");
    }
    return text;
}

static void shell(void) {
    system(line());
}

static void piped(void) {
    char text[256];
    FILE *output = popen(line(), "r");
    while (output && fgets(text, sizeof text, output))
        fputs(text, stdout);
    if (told(output ? 0 : -1, NULL))
        pclose(output);
}

/* posix_spawn, with one attribute each. */
static void spawned(const posix_spawnattr_t *attributes, const posix_spawn_file_actions_t *actions) {
    pid_t child = -1;
    errno = posix_spawn(&child, command[0], actions, attributes, command, environ);
    if (told(errno ? -1 : 0, NULL))
        wait_for(child);
}

static void spawn_attribute(const char *name) {
    posix_spawnattr_t it;
    sigset_t signals;
    struct sched_param parameters = {0};
    posix_spawnattr_init(&it);
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR1);
    posix_spawnattr_setsigdefault(&it, &signals);
    posix_spawnattr_setsigmask(&it, &signals);
    posix_spawnattr_setschedpolicy(&it, SCHED_OTHER);
    posix_spawnattr_setschedparam(&it, &parameters);
    short flag = !strcmp(name, "setpgroup")     ? POSIX_SPAWN_SETPGROUP
                 : !strcmp(name, "setsigdef")   ? POSIX_SPAWN_SETSIGDEF
                 : !strcmp(name, "setsigmask")  ? POSIX_SPAWN_SETSIGMASK
                 : !strcmp(name, "setsid")      ? POSIX_SPAWN_SETSID
                 : !strcmp(name, "resetids")    ? POSIX_SPAWN_RESETIDS
                 : !strcmp(name, "setscheduler") ? POSIX_SPAWN_SETSCHEDULER
                                                : POSIX_SPAWN_SETSCHEDPARAM;
    posix_spawnattr_setflags(&it, flag);
    spawned(&it, NULL);
}

static void spawn_plain(void) {
    spawned(NULL, NULL);
}

static void spawn_actions(void) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, 1, 9);
    posix_spawn_file_actions_addclose(&actions, 1);
    posix_spawn_file_actions_addopen(&actions, 8, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, 9, 1);
    spawned(NULL, &actions);
}

static void spawn_cleared(void) {
    pid_t child = -1;
    errno = posix_spawnp(&child, command[0], NULL, NULL, command, nothing);
    if (told(errno ? -1 : 0, NULL))
        wait_for(child);
}

static const struct way {
    const char *name;
    void (*act)(void);
    int replaces;
} ways[] = {
    {"execve", execve_act, 1},
    {"path", path_act, 1},
    {"vfork", vforked, 0},
    {"cleared", cleared_act, 1},
    {"unset", unset_act, 1},
    {"environ", environ_act, 1},
    {"overwritten", overwritten_act, 1},
    {"other-library", other_library_act, 1},
    {"twice", twice_act, 1},
    {"memory", memory_act, 1},
    {"execveat", execveat_act, 1},
    {"raw", raw_act, 1},
    {"raw-cleared", raw_cleared_act, 1},
    {"raw-memory", raw_memory_act, 1},
    {"raw-many", raw_many_act, 1},
    {"shell", shell, 0},
    {"piped", piped, 0},
    {"spawn", spawn_plain, 0},
    {"spawn-actions", spawn_actions, 0},
    {"spawn-cleared", spawn_cleared, 0},
    {NULL, NULL, 0},
};

int main(int argc, char **argv) {
    if (argc < 3)
        return 3;
    by_instruction = 1;
    command = argv + 2;
    if (!strncmp(argv[1], "spawn=", 6)) {
        spawn_attribute(argv[1] + 6);
        return 0;
    }
    for (const struct way *way = ways; way->name; way++)
        if (!strcmp(way->name, argv[1])) {
            way->replaces ? replaced(way->act) : way->act();
            return 0;
        }
    return 3;
}
