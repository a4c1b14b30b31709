/* sha256_kernel.h - the compression function of SHA-256, the plain one and the processor's own.
 * SPDX-License-Identifier: MIT */
#ifndef BASE_SHA256_KERNEL_H
#define BASE_SHA256_KERNEL_H

#include <stddef.h>
#include <stdint.h>

/* Takes `count` blocks of 64 bytes into `state`. */
typedef void sha256_compress(uint32_t state[8], const uint8_t *blocks, size_t count);

extern const uint32_t sha256_round_constants[64];

/* Runs anywhere. */
sha256_compress sha256_compress_plain;

/* The one that uses the SHA extensions of x86, or NULL where this processor has none. */
sha256_compress *sha256_compress_x86(void);

#endif
