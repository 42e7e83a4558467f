//go:build cgo

package main

// With this the program is linked to libc, as any is that has C in it.

import "C"
