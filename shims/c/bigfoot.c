/* The test's side of bigfoot in C: words written, outcomes read. See bigfoot.h.
 *
 * The messages are those of controller/ipc/src/control.rs: the number of the variant in four bytes, then
 * its fields in order; numbers little-endian, a string or list behind its length in eight bytes. Before
 * each message its length in four bytes; before the first the word CTRL. */
#define _GNU_SOURCE
#include "bigfoot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define VERSION 3
#define MESSAGE_BYTES_MAX (8u << 20)

/* What a test says: the variants of `Control`. */
enum control {
    HELLO = 1,
    MOCK = 2,
    RULES = 3,
    LIFT = 4,
    OPEN = 5,
    CLOSE = 6,
    ANY_ORDER = 7,
    ASSERT = 8,
    ENTER = 12,
    LEAVE = 13,
    CHECK = 14,
};

/* What it hears: the variants of `Outcome`. */
enum outcome {
    REFUSED = 1,
    WELCOME = 2,
    DONE = 3,
    MOCKED = 4,
    RULED = 5,
    OPENED = 6,
    CLOSED = 7,
    ASSERTED = 8,
    VIOLATED = 10,
    CHECKED = 12,
};

struct bigfoot {
    int socket;
};

/* A message that is written. */
struct writer {
    unsigned char *bytes;
    size_t length, room;
    int failed;
};

/* A message that is read. */
struct reader {
    unsigned char *bytes;
    size_t at, length;
    int failed;
};

static void put(struct writer *out, const void *bytes, size_t length) {
    if (out->length + length > out->room) {
        size_t room = 2 * (out->length + length) + 256;
        unsigned char *more = realloc(out->bytes, room);
        if (more == NULL) {
            out->failed = 1;
            return;
        }
        out->bytes = more;
        out->room = room;
    }
    memcpy(out->bytes + out->length, bytes, length);
    out->length += length;
}

static void put_number(struct writer *out, uint64_t number, int bytes) {
    for (int i = 0; i < bytes; i++) {
        unsigned char byte = number >> 8 * i & 0xff;
        put(out, &byte, 1);
    }
}

static void put_text(struct writer *out, const char *text) {
    put_number(out, strlen(text), 8);
    put(out, text, strlen(text));
}

static void put_origin(struct writer *out, const char *file, int line) {
    put_text(out, file);
    put_number(out, (uint64_t)line, 4);
}

/* A message begins: room for its length, and the variant. */
static struct writer begin(enum control control) {
    struct writer out = {NULL, 0, 0, 0};
    put_number(&out, 0, 4);
    put_number(&out, control, 4);
    return out;
}

static uint64_t take_number(struct reader *in, int bytes) {
    uint64_t number = 0;
    if (in->failed || in->length - in->at < (size_t)bytes) {
        in->failed = 1;
        return 0;
    }
    for (int i = 0; i < bytes; i++)
        number |= (uint64_t)in->bytes[in->at++] << 8 * i;
    return number;
}

/* A string, which stays where it is: its length, or -1. */
static long take_text(struct reader *in, const char **text) {
    uint64_t length = take_number(in, 8);
    if (in->failed || in->length - in->at < length) {
        in->failed = 1;
        return -1;
    }
    *text = (const char *)in->bytes + in->at;
    in->at += length;
    return (long)length;
}

static int send_all(int socket, const unsigned char *bytes, size_t length) {
    while (length > 0) {
        ssize_t sent = send(socket, bytes, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return -1;
        bytes += sent;
        length -= (size_t)sent;
    }
    return 0;
}

static int receive_all(int socket, unsigned char *bytes, size_t length) {
    while (length > 0) {
        ssize_t got = recv(socket, bytes, length, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return -1;
        bytes += got;
        length -= (size_t)got;
    }
    return 0;
}

/* The message with its length; it is let go. */
static int say(int socket, struct writer *out) {
    int said = -1;
    size_t length = out->length - 4;
    if (!out->failed && length <= MESSAGE_BYTES_MAX) {
        for (int i = 0; i < 4; i++)
            out->bytes[i] = length >> 8 * i & 0xff;
        said = send_all(socket, out->bytes, out->length);
    }
    free(out->bytes);
    return said;
}

static int hear(int socket, struct reader *in) {
    unsigned char head[4];
    memset(in, 0, sizeof *in);
    if (receive_all(socket, head, sizeof head) < 0)
        return -1;
    in->length = (size_t)head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 | (size_t)head[3] << 24;
    if (in->length > MESSAGE_BYTES_MAX || (in->bytes = malloc(in->length + 1)) == NULL)
        return -1;
    return receive_all(socket, in->bytes, in->length);
}

static void tell(const char *file, int line, const char *text, long length) {
    if (file != NULL)
        fprintf(stderr, "%s:%d: ", file, line);
    fprintf(stderr, "bigfoot: %.*s\n", (int)length, text);
}

/* A violation: its text is told. */
static void tell_violation(struct reader *in, const char *file, int line) {
    const char *skipped, *text = "";
    long length = 0;
    for (int i = 0; i < 3; i++) /* code, name, about */
        take_text(in, &skipped);
    length = take_text(in, &text);
    take_text(in, &skipped); /* paste */
    take_number(in, 8);      /* interaction */
    if (!in->failed)
        tell(file, line, text, length);
}

/* Says a word and hears its outcome: what `number` of the wanted one is, or -1. What is refused or
 * violated is told. */
static int64_t ask(struct bigfoot *test, struct writer *out, enum outcome wanted, const char *file, int line) {
    struct reader in;
    int64_t result = -1;
    const char *text;
    long length;
    if (say(test->socket, out) < 0 || hear(test->socket, &in) < 0) {
        const char *gone = "the controller of this run does not answer";
        tell(file, line, gone, (long)strlen(gone));
        return -1;
    }
    uint64_t heard = take_number(&in, 4);
    if (heard == wanted && (wanted == DONE || wanted == CLOSED)) {
        result = 0;
    } else if (heard == wanted && wanted == CHECKED) {
        uint64_t count = take_number(&in, 8);
        for (uint64_t i = 0; i < count && !in.failed; i++)
            tell_violation(&in, NULL, 0);
        result = in.failed ? -1 : (int64_t)count;
    } else if (heard == wanted) {
        result = (int64_t)take_number(&in, wanted == MOCKED || wanted == ASSERTED ? 8 : 4);
    } else if (heard == REFUSED && (length = take_text(&in, &text)) >= 0) {
        tell(file, line, text, length);
    } else if (heard == VIOLATED) {
        tell_violation(&in, file, line);
    }
    free(in.bytes);
    return result;
}

/* The run's directory, out of what the kernel keeps of the environment: there the variable is not
 * hidden. */
static int run_directory(char *directory, size_t room) {
    static const char name[] = "BIGFOOT_RUN=";
    int found = -1;
    FILE *environment = fopen("/proc/self/environ", "re");
    char *entry = NULL;
    size_t size = 0;
    if (environment == NULL)
        return -1;
    while (found < 0 && getdelim(&entry, &size, '\0', environment) > 0) {
        if (strncmp(entry, name, sizeof name - 1) == 0) {
            size_t length = strcspn(entry + sizeof name - 1, ",");
            if (length < room) {
                memcpy(directory, entry + sizeof name - 1, length);
                directory[length] = '\0';
                found = 0;
            }
        }
    }
    free(entry);
    fclose(environment);
    return found;
}

static int connected(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char directory[sizeof address.sun_path - sizeof "/socket"];
    if (run_directory(directory, sizeof directory) < 0)
        return -1;
    snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", directory);
    int to = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (to >= 0 && connect(to, (struct sockaddr *)&address, sizeof address) < 0) {
        close(to);
        return -1;
    }
    return to;
}

static uint32_t thread_number(void) {
    return (uint32_t)syscall(SYS_gettid);
}

static struct writer hello(uint32_t thread, const char *name, const char *file, int line) {
    struct writer out = begin(HELLO);
    put_number(&out, VERSION, 2);
    put_text(&out, "c");
    put_number(&out, thread, 4);
    put_text(&out, name);
    put_origin(&out, file, line);
    return out;
}

struct bigfoot *bigfoot_begin_at(const char *name, const char *file, int line) {
    static const char none[] = "this test needs bigfoot; run it by `bigfoot run -- PROGRAM`";
    struct bigfoot *test = malloc(sizeof *test);
    if (test == NULL)
        return NULL;
    test->socket = connected();
    if (test->socket < 0) {
        tell(file, line, none, (long)strlen(none));
        free(test);
        return NULL;
    }
    struct writer out = hello(thread_number(), name, file, line);
    if (send_all(test->socket, (const unsigned char *)"CTRL", 4) < 0 ||
        ask(test, &out, WELCOME, file, line) < 0) {
        close(test->socket);
        free(test);
        return NULL;
    }
    return test;
}

int bigfoot_end(struct bigfoot *test) {
    struct writer out = begin(CHECK);
    int broken = (int)ask(test, &out, CHECKED, NULL, 0);
    close(test->socket);
    free(test);
    return broken;
}

static struct writer mock(const char *table, const char *file, int line) {
    struct writer out = begin(MOCK);
    put_text(&out, table);
    put_origin(&out, file, line);
    return out;
}

int bigfoot_mock_at(struct bigfoot *test, const char *table, const char *file, int line) {
    struct writer out = mock(table, file, line);
    return ask(test, &out, MOCKED, file, line) < 0 ? -1 : 0;
}

int bigfoot_open_at(struct bigfoot *test, const char *file, int line) {
    struct writer out = begin(OPEN);
    put_origin(&out, file, line);
    return (int)ask(test, &out, OPENED, file, line);
}

static int by_number(struct bigfoot *test, enum control control, uint32_t number, enum outcome wanted) {
    struct writer out = begin(control);
    put_number(&out, number, 4);
    return (int)ask(test, &out, wanted, NULL, 0);
}

int bigfoot_close(struct bigfoot *test, int sandbox) {
    return by_number(test, CLOSE, (uint32_t)sandbox, CLOSED);
}

int bigfoot_rule_at(struct bigfoot *test, char kind, const char *rule, const char *file, int line) {
    struct writer out = begin(RULES);
    for (const char *each = "adr"; *each != '\0'; each++) {
        put_number(&out, *each == kind, 8);
        if (*each == kind)
            put_text(&out, rule);
    }
    put_origin(&out, file, line);
    return (int)ask(test, &out, RULED, file, line);
}

int bigfoot_lift(struct bigfoot *test, int rule) {
    return by_number(test, LIFT, (uint32_t)rule, DONE);
}

int bigfoot_any_order(struct bigfoot *test, int on) {
    struct writer out = begin(ANY_ORDER);
    put_number(&out, on != 0, 1);
    return (int)ask(test, &out, DONE, NULL, 0);
}

int bigfoot_assert_at(struct bigfoot *test, const char *source, const char *fields, const char *reply,
                      const char *file, int line) {
    struct writer out = begin(ASSERT);
    put_text(&out, source);
    put_text(&out, fields);
    put_text(&out, reply);
    put_number(&out, 0, 8); /* nothing that the test looks at itself */
    put_origin(&out, file, line);
    return ask(test, &out, ASSERTED, file, line) < 0 ? -1 : 0;
}

int bigfoot_enter(struct bigfoot *test) {
    return by_number(test, ENTER, thread_number(), DONE);
}

int bigfoot_leave(struct bigfoot *test) {
    return by_number(test, LEAVE, thread_number(), DONE);
}
