/* sha256.c - SHA-256 after FIPS 180-4, sections 4.1.2, 5 and 6.2. Our own, because the part of
 * the library that recognises must need nothing beyond libc, libm and oneDNN.
 * SPDX-License-Identifier: MIT */
#include "base/sha256.h"

#include <pthread.h>
#include <string.h>

#include "base/sha256_kernel.h"

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
const uint32_t sha256_round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static inline uint32_t rotate_right(uint32_t x, int n)
{
    return (x >> n) | (x << (32 - n));
}

static void expand_schedule(const uint8_t block[64], uint32_t w[64])
{
    for (int t = 0; t < 16; t++)
        w[t] = (uint32_t)block[4 * t] << 24 | (uint32_t)block[4 * t + 1] << 16 |
               (uint32_t)block[4 * t + 2] << 8 | block[4 * t + 3];
    for (int t = 16; t < 64; t++) {
        uint32_t s0 = rotate_right(w[t - 15], 7) ^ rotate_right(w[t - 15], 18) ^ w[t - 15] >> 3;
        uint32_t s1 = rotate_right(w[t - 2], 17) ^ rotate_right(w[t - 2], 19) ^ w[t - 2] >> 10;
        w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }
}

/* One round: the variables that it does not change only change their names, which the caller's
 * order of arguments does. */
static inline void run_round(uint32_t a, uint32_t b, uint32_t c, uint32_t *d, uint32_t e,
                             uint32_t f, uint32_t g, uint32_t *h, uint32_t added)
{
    uint32_t s0 = rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22);
    uint32_t s1 = rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25);
    uint32_t t1 = *h + s1 + (g ^ (e & (f ^ g))) + added; /* g ^ (e & (f ^ g)): Ch(e, f, g) */

    *d += t1;
    *h = t1 + s0 + ((a & b) | (c & (a | b))); /* Maj(a, b, c) */
}

static void compress_block(uint32_t state[8], const uint8_t block[64])
{
    const uint32_t *k = sha256_round_constants;
    uint32_t w[64];
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];

    expand_schedule(block, w);
    for (int t = 0; t < 64; t += 8) {
        run_round(a, b, c, &d, e, f, g, &h, k[t] + w[t]);
        run_round(h, a, b, &c, d, e, f, &g, k[t + 1] + w[t + 1]);
        run_round(g, h, a, &b, c, d, e, &f, k[t + 2] + w[t + 2]);
        run_round(f, g, h, &a, b, c, d, &e, k[t + 3] + w[t + 3]);
        run_round(e, f, g, &h, a, b, c, &d, k[t + 4] + w[t + 4]);
        run_round(d, e, f, &g, h, a, b, &c, k[t + 5] + w[t + 5]);
        run_round(c, d, e, &f, g, h, a, &b, k[t + 6] + w[t + 6]);
        run_round(b, c, d, &e, f, g, h, &a, k[t + 7] + w[t + 7]);
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

void sha256_compress_plain(uint32_t state[8], const uint8_t *blocks, size_t count)
{
    for (; count; count--, blocks += 64)
        compress_block(state, blocks);
}

static sha256_compress *compress;

static void choose_compress(void)
{
    compress = sha256_compress_x86();
    if (!compress)
        compress = sha256_compress_plain;
}

void sha256_init(struct sha256 *hash)
{
    static const uint32_t initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

    memcpy(hash->state, initial, sizeof initial);
    hash->length = 0;
}

void sha256_update(struct sha256 *hash, const void *data, size_t bytes)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    const uint8_t *next = data;
    size_t held = hash->length % 64, filled = held ? 64 - held : 0;

    pthread_once(&once, choose_compress);
    hash->length += bytes;
    if (held && bytes >= filled) {
        memcpy(hash->block + held, next, filled);
        compress(hash->state, hash->block, 1);
        next += filled;
        bytes -= filled;
        held = 0;
    }
    if (!held) {
        compress(hash->state, next, bytes / 64);
        next += bytes / 64 * 64;
        bytes %= 64;
    }
    if (bytes)
        memcpy(hash->block + held, next, bytes);
}

void sha256_final(struct sha256 *hash, uint8_t ret_digest[SHA256_BYTES])
{
    static const uint8_t padding[64] = {0x80};
    uint64_t bits = hash->length * 8;
    size_t held = hash->length % 64;
    uint8_t length[8];

    for (int i = 0; i < 8; i++)
        length[i] = (uint8_t)(bits >> (56 - 8 * i));
    sha256_update(hash, padding, held < 56 ? 56 - held : 120 - held);
    sha256_update(hash, length, sizeof length);
    for (int i = 0; i < SHA256_BYTES; i++)
        ret_digest[i] = (uint8_t)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
}

void sha256_text(const uint8_t digest[SHA256_BYTES], char ret_text[SHA256_TEXT])
{
    for (int i = 0; i < SHA256_BYTES; i++) {
        ret_text[2 * i] = "0123456789abcdef"[digest[i] >> 4];
        ret_text[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
    }
    ret_text[SHA256_TEXT - 1] = 0;
}
