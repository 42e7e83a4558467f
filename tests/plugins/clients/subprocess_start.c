/* Becomes the program of its arguments; linked statically, it does so unseen. */
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv) {
    (void)argc;
    execvp(argv[1], argv + 1);
    perror(argv[1]);
    return 9;
}
