/* Where calls come from: a filter of the guest's own answers error 77 to what is not called from the
   preload library's place in memory. Arguments: port, a program to start, the name server's port. */
#include "guest.h"
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <resolv.h>
#include <setjmp.h>
#include <sys/prctl.h>
#include <sys/time.h>

#define GATE_HIGH 0x5540
#define GATE_BYTES (16 << 20)
#define REFUSED 77

#define AT(field) (offsetof(struct seccomp_data, field))
#define LOAD(at) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at)
#define SAME(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no)
#define ABOVE(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, value, yes, no)
#define END(how) BPF_STMT(BPF_RET | BPF_K, how)

static void refuse(const int *numbers, int count) {
    struct sock_filter filter[64];
    int used = 0;
    filter[used++] = (struct sock_filter)LOAD(AT(instruction_pointer) + 4);
    filter[used++] = (struct sock_filter)SAME(GATE_HIGH, 0, 2);
    filter[used++] = (struct sock_filter)LOAD(AT(instruction_pointer));
    filter[used++] = (struct sock_filter)ABOVE(GATE_BYTES, 0, count + 1);
    filter[used++] = (struct sock_filter)LOAD(AT(nr));
    for (int i = 0; i < count; i++)
        filter[used++] = (struct sock_filter)SAME(numbers[i], count - i, 0);
    filter[used++] = (struct sock_filter)END(SECCOMP_RET_ALLOW);
    filter[used++] = (struct sock_filter)END(SECCOMP_RET_ERRNO | REFUSED);
    struct sock_fprog program = {used, filter};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
        perror("seccomp");
}

static long raw(long number, long a, long b, long c, long d, long e, long f) {
    register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
    return result;
}

static void say_done(const char *call, long result) {
    printf("%s: %s %s\n", current, call, result == REFUSED || (result < 0 && errno == REFUSED) ? "refused" : result < 0 ? strerrorname_np(errno) : "done");
    fflush(stdout);
}

static int socket_of(int kind) { return socket(AF_INET, kind, 0); }

static void sockets(void) {
    static const int numbers[] = {SYS_connect, SYS_sendto, SYS_sendmsg, SYS_sendmmsg, SYS_recvfrom};
    struct sockaddr_in to = loopback(arguments[0]), from;
    socklen_t length = sizeof from;
    struct iovec vector = {"x", 1};
    struct msghdr message = {.msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &vector, .msg_iovlen = 1};
    struct mmsghdr messages[2] = {{message}, {message}};
    char byte;
    int datagram = socket_of(SOCK_DGRAM);
    refuse(numbers, 5);

    say_done("raw connect", -raw(SYS_connect, socket_of(SOCK_STREAM), (long)&to, sizeof to, 0, 0, 0));
    say_done("raw sendto", -raw(SYS_sendto, datagram, (long)"x", 1, 0, (long)&to, sizeof to));
    say_done("raw sendmsg", -raw(SYS_sendmsg, datagram, (long)&message, 0, 0, 0, 0));
    say_done("raw sendmmsg", -raw(SYS_sendmmsg, datagram, (long)messages, 2, 0, 0, 0));
    say_done("connect", connect(socket_of(SOCK_STREAM), (void *)&to, sizeof to));
    say_done("syscall(connect)", syscall(SYS_connect, socket_of(SOCK_STREAM), &to, sizeof to));
    say_done("sendto", sendto(datagram, "x", 1, 0, (void *)&to, sizeof to));
    say_done("sendmsg", sendmsg(datagram, &message, 0));
    say_done("sendmmsg", sendmmsg(datagram, messages, 2, 0));
    say_done("recvfrom", recvfrom(datagram, &byte, 1, MSG_DONTWAIT, (void *)&from, &length));
}

/* A child that starts a program, or says why not. */
static void start(const char *call, void (*become)(char **words)) {
    char *words[] = {"echo", "started", NULL};
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        become(words);
        say_done(call, -1);
        _exit(1);
    }
    waitpid(child, &status, 0);
    if (status == 0)
        printf("%s: %s started\n", current, call);
}

static void by_raw(char **words) { errno = -raw(SYS_execve, (long)arguments[1], (long)words, (long)environ, 0, 0, 0); }
static void by_execve(char **words) { execve(arguments[1], words, environ); }
static void by_execv(char **words) { execv(arguments[1], words); }
static void by_execl(char **words) { execl(arguments[1], words[0], words[1], NULL); }
static void by_execle(char **words) { execle(arguments[1], words[0], words[1], NULL, environ); }
static void by_fexecve(char **words) { fexecve(open(arguments[1], O_RDONLY), words, environ); }
static void by_execveat(char **words) { execveat(AT_FDCWD, arguments[1], words, environ, 0); }
static void by_syscall(char **words) { syscall(SYS_execve, arguments[1], words, environ); }

static void programs(void) {
    static const int numbers[] = {SYS_execve, SYS_execveat};
    refuse(numbers, 2);

    start("raw execve", by_raw);
    start("execve", by_execve);
    start("execv", by_execv);
    start("execl", by_execl);
    start("execle", by_execle);
    start("fexecve", by_fexecve);
    start("execveat", by_execveat);
    start("syscall(execve)", by_syscall);
}

static void files(void) {
    static const int numbers[] = {SYS_open, SYS_openat, SYS_openat2, SYS_creat};
    uint64_t how[3] = {O_RDONLY};
    struct stat status;
    refuse(numbers, 4);

    say_done("raw openat", -raw(SYS_openat, AT_FDCWD, (long)"/dev/null", O_RDONLY, 0, 0, 0));
    say_done("open", open("/dev/null", O_RDONLY));
    say_done("open64", open64("/dev/null", O_RDONLY));
    say_done("__open_2", __open_2("/dev/null", O_RDONLY));
    say_done("openat", openat(AT_FDCWD, "/dev/null", O_RDONLY));
    say_done("creat", creat("gate.made", 0600));
    say_done("syscall(openat2)", syscall(SYS_openat2, AT_FDCWD, "/dev/null", how, sizeof how));
    unlink("gate.made");
    umask(0);
    say_done("open for making", open("gate.made", O_CREAT | O_WRONLY, 07641));
    stat("gate.made", &status);
    printf("%s: mode %o\n", current, status.st_mode & 07777);
    unlink("gate.made");
}

static sigjmp_buf out;

static void leave(int signal) { siglongjmp(out, 1); }

/* A look-up that is left by longjmp does not speak for what comes after it. */
static void left(void) {
    struct sockaddr_in to = loopback(arguments[0]);
    struct itimerval soon = {.it_value = {.tv_usec = 100000}};
    struct addrinfo *found;
    res_init();
    _res.nscount = 1;
    _res.retrans = 5;
    _res.nsaddr_list[0] = loopback(arguments[2]);
    signal(SIGALRM, leave);
    setitimer(ITIMER_REAL, &soon, NULL);
    if (!sigsetjmp(out, 1))
        getaddrinfo("silent.example", NULL, NULL, &found);
    errno = -raw(SYS_connect, socket_of(SOCK_STREAM), (long)&to, sizeof to, 0, 0, 0);
    say_done("raw connect", -errno);
}

int main(int argc, char **argv) {
    static const struct test_case cases[] = {{"sockets", sockets}, {"programs", programs}, {"files", files}, {"left", left}, {0}};
    return run_cases(cases, argc, argv);
}
