/* A test in C that speaks to bigfoot: `shim CASE`. Its requests go to a host that does not exist. */
#include "../../shims/c/bigfoot.c"

#include <netdb.h>
#include <pthread.h>
#include <sys/wait.h>

/* Asks for a path; the first digit of the body, or -1. */
static int get(const char *path) {
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found = NULL;
    char text[1024];
    if (getaddrinfo("api.example", "80", &hints, &found) != 0)
        return -1;
    int to = socket(AF_INET, SOCK_STREAM, 0);
    int connected = connect(to, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    if (connected < 0) {
        close(to);
        return -1;
    }
    int length = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: api.example\r\nConnection: close\r\n\r\n", path);
    send(to, text, (size_t)length, 0);
    size_t filled = 0;
    for (ssize_t got; (got = recv(to, text + filled, sizeof text - 1 - filled, 0)) > 0;)
        filled += (size_t)got;
    close(to);
    text[filled] = '\0';
    char *body = strstr(text, "\r\n\r\n");
    return strncmp(text, "HTTP/1.1 200", 12) == 0 && body != NULL ? body[4] - '0' : -1;
}

static void *get_in_thread(void *answer) {
    *(int *)answer = get("/thread");
    return NULL;
}

#define MOCK(path, body) \
    "{\"source\": \"http:request\", \"when\": {\"method\": \"GET\", \"url\": \"http://api.example" path "\"}, \"reply\": {\"status\": 200, \"body\": \"" body "\"}}"
#define DID(path) "{\"method\": \"GET\", \"url\": \"http://api.example" path "\"}"

/* A test, a thread and a fork of it, in a sandbox; all is asserted. */
static int good(void) {
    struct bigfoot *test = bigfoot_begin("good");
    int threaded = -1, status = -1;
    pthread_t thread;
    bigfoot_mock(test, MOCK("/own", "1"));
    bigfoot_mock(test, MOCK("/thread", "2"));
    bigfoot_mock(test, MOCK("/fork", "3"));
    int sandbox = bigfoot_open(test);
    int own = get("/own");
    pthread_create(&thread, NULL, get_in_thread, &threaded);
    pthread_join(thread, NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(get("/fork"));
    waitpid(child, &status, 0);
    bigfoot_close(test, sandbox);
    printf("%d %d %d\n", own, threaded, WEXITSTATUS(status));
    bigfoot_any_order(test, 1);
    bigfoot_assert(test, "http:request", DID("/fork"), "{\"status\": 200}");
    bigfoot_assert(test, "http:request", DID("/own"), "{}");
    bigfoot_assert(test, "http:request", DID("/thread"), "{}");
    bigfoot_any_order(test, 0);
    return bigfoot_end(test);
}

/* Each promise broken once, and each refusal heard. */
static int bad(void) {
    struct bigfoot *test = bigfoot_begin("bad");
    bigfoot_mock(test, MOCK("/asked", "1"));
    bigfoot_mock(test, MOCK("/unasked", "1"));
    printf("mock %d\n", bigfoot_mock(test, "{\"source\": \"http:requst\"}"));
    int denied = bigfoot_deny(test, "http://other.example");
    int sandbox = bigfoot_open(test);
    printf("mock %d\n", bigfoot_mock(test, MOCK("/late", "1")));
    get("/asked");
    get("/unmocked");
    printf("close %d\n", bigfoot_close(test, sandbox + 1));
    bigfoot_close(test, sandbox);
    printf("lift %d\n", bigfoot_lift(test, denied));
    printf("assert %d\n", bigfoot_assert(test, "http:request", DID("/other"), "{}"));
    return bigfoot_end(test);
}

/* Each word as its golden message has it, in hexadecimal. */
static void show(const char *name, struct writer out) {
    size_t length = out.length - 4;
    for (int i = 0; i < 4; i++)
        out.bytes[i] = length >> 8 * i & 0xff;
    printf("%s", name);
    for (size_t i = 0; i < out.length; i++)
        printf(" %02x", out.bytes[i]);
    printf("\n");
    free(out.bytes);
}

static int golden(void) {
    show("hello", hello(4711, "tests::pays", "tests/pay.rs", 42));
    show("mock", mock("{\"source\":\"dns:lookup\",\"when\":{\"name\":\"\xc3\xbc.example\"}}", "tests/pay.rs", 42));
    show("check", begin(CHECK));
    struct writer lift = begin(LIFT);
    put_number(&lift, 3, 4);
    show("lift", lift);
    return 0;
}

int main(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : "";
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (strcmp(name, "good") == 0)
        return good();
    if (strcmp(name, "bad") == 0)
        return bad();
    if (strcmp(name, "golden") == 0)
        return golden();
    return bigfoot_begin("alone") == NULL ? 7 : 0;
}
