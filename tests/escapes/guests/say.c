/* A program that is there: says `heard real`, or where its library does not come from bigfoot. */
#include <stdio.h>

int main(void) {
    puts("heard real");
    return 0;
}
