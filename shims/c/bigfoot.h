/* The test's side of bigfoot in C: sandboxes, mocks and assertions from within a test.
 *
 *     struct bigfoot *test = bigfoot_begin("a_card_is_charged");
 *     bigfoot_mock(test, "{\"source\": \"http:request\", \"when\": {\"method\": \"POST\", \"url\": \"https://pay.example.com/charges\"},"
 *                        " \"reply\": {\"status\": 201}}");
 *     int sandbox = bigfoot_open(test);
 *     ... the code under test ...
 *     bigfoot_close(test, sandbox);
 *     bigfoot_assert(test, "http:request", "{\"method\": \"POST\", \"url\": \"https://pay.example.com/charges\"}", "{}");
 *     if (bigfoot_end(test) != 0) ... the test has failed; what was broken is on standard error ...
 *
 * Tables are JSON, with the keys and values that bigfoot.toml has; `bigfoot plugins` lists them. The
 * program runs under `bigfoot run`. What is wrong is told on standard error, with file and line, and the
 * function returns -1. Threads and processes that the test starts belong to it. One thread at a time may
 * speak for a test. */
#ifndef BIGFOOT_H
#define BIGFOOT_H

#ifdef __cplusplus
extern "C" {
#endif

/* A test that speaks to bigfoot. */
struct bigfoot;

/* A test begins on this thread. NULL if there is no run, or it is of another version. */
#define bigfoot_begin(name) bigfoot_begin_at((name), __FILE__, __LINE__)
/* Verifies the test and lets it go; the number of broken promises, which are told, or -1. */
int bigfoot_end(struct bigfoot *test);

/* A prepared answer: a table `mock` as bigfoot.toml has it. Not in an open sandbox. 0, or -1. */
#define bigfoot_mock(test, mock) bigfoot_mock_at((test), (mock), __FILE__, __LINE__)

/* Opens a sandbox; its number, or -1. One within another is allowed. */
#define bigfoot_open(test) bigfoot_open_at((test), __FILE__, __LINE__)
/* Closes it; the innermost first. 0, or -1. */
int bigfoot_close(struct bigfoot *test, int sandbox);

/* A rule that holds until it is lifted; its number, or -1. */
#define bigfoot_allow(test, rule) bigfoot_rule_at((test), 'a', (rule), __FILE__, __LINE__)
#define bigfoot_deny(test, rule) bigfoot_rule_at((test), 'd', (rule), __FILE__, __LINE__)
#define bigfoot_restrict(test, rule) bigfoot_rule_at((test), 'r', (rule), __FILE__, __LINE__)
/* The innermost first. 0, or -1. */
int bigfoot_lift(struct bigfoot *test, int rule);

/* Whether assertions from now on speak of any interaction, or of the oldest that is open. 0, or -1. */
int bigfoot_any_order(struct bigfoot *test, int on);
/* That this was done, and answered with that: tables of the source's fields. 0, or -1. */
#define bigfoot_assert(test, source, fields, reply) \
    bigfoot_assert_at((test), (source), (fields), (reply), __FILE__, __LINE__)

/* The calling thread works for the test until it leaves, whoever made it. 0, or -1. */
int bigfoot_enter(struct bigfoot *test);
int bigfoot_leave(struct bigfoot *test);

/* What stands behind the macros. */
struct bigfoot *bigfoot_begin_at(const char *name, const char *file, int line);
int bigfoot_mock_at(struct bigfoot *test, const char *mock, const char *file, int line);
int bigfoot_open_at(struct bigfoot *test, const char *file, int line);
int bigfoot_rule_at(struct bigfoot *test, char kind, const char *rule, const char *file, int line);
int bigfoot_assert_at(struct bigfoot *test, const char *source, const char *fields, const char *reply,
                      const char *file, int line);

#ifdef __cplusplus
}
#endif

#endif
