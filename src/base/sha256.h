/* sha256.h - the hash that names data sets and models (FIPS 180-4).
 * SPDX-License-Identifier: MIT */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_BYTES 32
#define SHA256_TEXT (2 * SHA256_BYTES + 1)

struct sha256 {
    uint32_t state[8];
    uint64_t length; /* bytes so far */
    uint8_t block[64];
};

void sha256_init(struct sha256 *hash);
void sha256_update(struct sha256 *hash, const void *data, size_t bytes);
void sha256_final(struct sha256 *hash, uint8_t ret_digest[SHA256_BYTES]);

/* Lower-case hexadecimal with its closing NUL. */
void sha256_text(const uint8_t digest[SHA256_BYTES], char ret_text[SHA256_TEXT]);

#endif
