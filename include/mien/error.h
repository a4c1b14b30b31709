/** mien/error.h - how every function of libmien reports what went wrong.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_ERROR_H
#define MIEN_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define MIEN_API __attribute__((visibility("default")))
#else
#define MIEN_API
#endif

/** What a function returns; MIEN_OK is 0, so `if (status)` means failure. */
typedef enum mien_status {
    MIEN_OK = 0,
    MIEN_EINVAL = 1,       /**< an argument or option is outside its range */
    MIEN_ENOMEM = 2,       /**< out of memory */
    MIEN_EIO = 3,          /**< the system could not open, read or write something */
    MIEN_ECORRUPT = 4,     /**< a file's contents are damaged or not what they claim to be */
    MIEN_EUNSUPPORTED = 5, /**< well formed, but this build or version cannot handle it */
    MIEN_ECANCELLED = 6    /**< the caller asked to stop */
} mien_status;

/** A failure in words, filled by the function that failed. The caller owns it (usually on its
 * stack); pass NULL where the words are not wanted. Untouched on success. One thread at a time. */
typedef struct mien_error {
    mien_status status;
    char message[1024]; /**< UTF-8, one line: what was wrong, where, and what would be right */
} mien_error;

#ifdef __cplusplus
}
#endif
#endif
