/* A library that connects. */
#include "reach.h"

void plugin(const char *host, const char *port) {
    reach(host, port);
}
