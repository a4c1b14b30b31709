/* vector.h - one plain loop, compiled for several vector units and chosen when the program starts.
 * Put VECTOR_LOOP in front of a function whose loops the compiler can vectorise. The clones give
 * the same answers: contraction to fused multiply-add is off, and float sums keep their order.
 * SPDX-License-Identifier: MIT */
#ifndef BASE_VECTOR_H
#define BASE_VECTOR_H

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                             \
    !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
#define VECTOR_LOOP                                                                                \
    __attribute__((target_clones("default", "avx2", "arch=x86-64-v4"), optimize("O3")))
#else
#define VECTOR_LOOP
#endif

/* In front of the body that a VECTOR_LOOP calls once for each value of a flag: the compiler makes a
 * loop of its own for each. */
#define VECTOR_BODY static inline __attribute__((always_inline))

/* Independent partial sums that let a reduction run in vector registers, in a fixed order. */
#define VECTOR_LANES 16

#endif
