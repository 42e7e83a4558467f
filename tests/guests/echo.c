/* Prints its arguments, one variable, and its whole environment where that is short. */
#include "guest.h"

int main(int argc, char **argv) {
    int variables = 0;
    for (int i = 1; i < argc; i++)
        printf("%s ", argv[i]);
    printf("word=%s", getenv("GUEST_WORD") ? getenv("GUEST_WORD") : "none");
    for (char **entry = environ; entry && *entry; entry++)
        variables++;
    if (variables < 3)
        for (char **entry = environ; entry && *entry; entry++)
            printf(" [%s]", *entry);
    printf(" preload=%s\n", getenv("LD_PRELOAD") ? getenv("LD_PRELOAD") : "none");
    return 0;
}
