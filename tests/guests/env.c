/* The environment: what the guest sees of it, and what it does to it.
 * Arguments: a program that prints the environment (guests/echo.c), and a port that a child calls. */
#include "guest.h"

static int by_name(const void *a, const void *b) { return strcmp(*(char **)a, *(char **)b); }

static void shown(void) {
    char *sorted[1024];
    int count = 0;
    for (char **entry = environ; entry && *entry && count < 1024; entry++)
        sorted[count++] = *entry;
    qsort(sorted, count, sizeof *sorted, by_name);
    for (int i = 0; i < count; i++)
        printf("%s: %s\n", current, sorted[i]);
    printf("%s: %d variables\n", current, count);
    fflush(stdout);
}

/* Puts the whole of a file under /proc/self into one line for each string in it. */
static void initial(void) {
    char text[65536];
    int fd = open("/proc/self/cmdline", O_RDONLY), from = 0;
    ssize_t length = read(fd, text, sizeof text);
    close(fd);
    for (int i = 0; i < length; i++)
        if (!text[i]) {
            printf("%s: %s\n", current, i - from < 200 ? text + from : "long");
            from = i + 1;
        }
}

static void get(void) {
    const char *names[] = {"LD_PRELOAD", "BIGFOOT", "BIGFOOT_SOCKET", "BIGFOOT_TOKEN", "HOME", "NO_SUCH"};
    for (int i = 0; i < 6; i++) {
        const char *value = getenv(names[i]), *secure = secure_getenv(names[i]);
        printf("%s: %s=%s and %s\n", current, names[i], value ? value : "unset", secure ? secure : "unset");
    }
}

static char put[] = "GUEST_PUT=put";

static void set(void) {
    say(setenv("GUEST_A", "1", 1));
    say(setenv("GUEST_A", "2", 0));
    say(setenv("GUEST_B", "", 0));
    say(setenv("", "x", 1));
    say(setenv("A=B", "x", 1));
    say(setenv(NULL, "x", 1));
    say(putenv(put));
    put[10] = 'P';
    shown();
    say(unsetenv("GUEST_A"));
    say(unsetenv("GUEST_NO"));
    say(unsetenv("A=B"));
    say(unsetenv(""));
    say(putenv("GUEST_B"));
    shown();
}

static void runner_variables(void) {
    say(setenv("PYTEST_CURRENT_TEST", "tests/test_a.py::test_b (call)", 1));
    say(setenv("PYTEST_CURRENT_TEST", "tests/test_a.py::test_c (call)", 1));
    say(unsetenv("PYTEST_CURRENT_TEST"));
    shown();
}

static void child(const char *how) {
    char line[4096];
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        char *words[] = {"echo", (char *)how, NULL};
        execv(arguments[0], words);
        _exit(99);
    }
    waitpid(pid, NULL, 0);
}

static void preload(void) {
    say(setenv("LD_PRELOAD", "libm.so.6", 1));
    shown();
    child("own preload");
    say(unsetenv("LD_PRELOAD"));
    child("no preload");
}

static void clear(void) {
    say(clearenv());
    printf("%s: %s\n", current, environ ? "not null" : "null");
    shown();
    child("cleared");
    say(setenv("GUEST_C", "3", 1));
    shown();
    child("one variable");
}

static void replaced(void) {
    char *own[] = {"GUEST_D=4", NULL};
    environ = own;
    shown();
    child("replaced");
    environ = NULL;
    shown();
    child("null");
}

int main(int argc, char **argv) {
    static const struct test_case cases[] = {
        {"initial", initial}, {"get", get},     {"set", set},           {"runner-variables", runner_variables},
        {"preload", preload}, {"clear", clear}, {"replaced", replaced}, {0},
    };
    static const struct test_case apart[] = {{"shown", shown}, {0}};
    return run_cases(argc > 1 && !strcmp(argv[1], "shown") ? apart : cases, argc, argv);
}
