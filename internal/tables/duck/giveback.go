package duck

/*
#include <stdlib.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

// give_back returns the whole free pages of all arenas to the system. Elsewhere
// than with glibc, the allocator does so by itself.
static void give_back(void) {
#if defined(__GLIBC__)
	malloc_trim(0);
#endif
}
*/
import "C"

// GiveBack returns to the machine what DuckDB has freed: each thread that once ran
// a query keeps an arena of its own, whose free pages stay otherwise. It takes some
// milliseconds: it is for when there is nothing to do.
func GiveBack() { C.give_back() }
