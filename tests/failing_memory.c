/* failing_memory.c - the allocation functions, wrapped by the linker (ld --wrap).
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "tests/failing_memory.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POINTERS_MAX = 4096 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct {
    bool active, ever_after, failed;
    size_t left_until_failure;
    void *pointers[POINTERS_MAX];
    size_t count;
} memory;

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *pointer, size_t bytes);
void *__real_aligned_alloc(size_t alignment, size_t bytes);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t most);
void __real_free(void *pointer);

void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *pointer, size_t bytes);
void *__wrap_aligned_alloc(size_t alignment, size_t bytes);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t most);
int __wrap_asprintf(char **ret_text, const char *format, ...);
void __wrap_free(void *pointer);

void failing_memory_begin(size_t number, bool ever_after)
{
    memory.count = 0;
    memory.failed = false;
    memory.ever_after = ever_after;
    memory.left_until_failure = number;
    memory.active = true;
}

bool failing_memory_end(size_t *ret_left)
{
    memory.active = false;
    *ret_left = memory.count;
    return memory.failed;
}

/* Whether the allocation that is about to be made shall fail. */
static bool fails(void)
{
    bool now;

    pthread_mutex_lock(&lock);
    now = memory.active && memory.left_until_failure == 0 && (!memory.failed || memory.ever_after);
    memory.failed |= now;
    memory.left_until_failure -= memory.left_until_failure > 0;
    pthread_mutex_unlock(&lock);
    if (now)
        errno = ENOMEM;
    return now;
}

static void forget(const void *pointer)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; memory.active && pointer && i < memory.count; i++) {
        if (memory.pointers[i] == pointer) {
            memory.pointers[i] = memory.pointers[--memory.count];
            break;
        }
    }
    pthread_mutex_unlock(&lock);
}

static void *remember(void *pointer)
{
    pthread_mutex_lock(&lock);
    if (memory.active && pointer) {
        if (memory.count == POINTERS_MAX) {
            fprintf(stderr, "failing_memory.c: more than %d allocations\n", POINTERS_MAX);
            abort();
        }
        memory.pointers[memory.count++] = pointer;
    }
    pthread_mutex_unlock(&lock);
    return pointer;
}

void *__wrap_malloc(size_t bytes)
{
    return fails() ? NULL : remember(__real_malloc(bytes));
}

void *__wrap_calloc(size_t count, size_t bytes)
{
    return fails() ? NULL : remember(__real_calloc(count, bytes));
}

void *__wrap_realloc(void *pointer, size_t bytes)
{
    if (fails())
        return NULL;
    forget(pointer);
    return remember(__real_realloc(pointer, bytes));
}

void *__wrap_aligned_alloc(size_t alignment, size_t bytes)
{
    return fails() ? NULL : remember(__real_aligned_alloc(alignment, bytes));
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : remember(__real_strdup(text));
}

char *__wrap_strndup(const char *text, size_t most)
{
    return fails() ? NULL : remember(__real_strndup(text, most));
}

int __wrap_asprintf(char **ret_text, const char *format, ...)
{
    va_list arguments;
    int length;

    if (fails())
        return -1;
    va_start(arguments, format);
    length = vasprintf(ret_text, format, arguments);
    va_end(arguments);
    if (length >= 0)
        remember(*ret_text);
    return length;
}

void __wrap_free(void *pointer)
{
    forget(pointer);
    __real_free(pointer);
}
