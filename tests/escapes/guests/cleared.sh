#!/usr/bin/env -S -i /bin/sh
exec "$@"
