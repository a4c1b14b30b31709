/* byte_kernels_x86.h - the byte kernels for x86-64's vector units.
 * SPDX-License-Identifier: MIT */
#ifndef NEIGHBOURS_BYTE_KERNELS_X86_H
#define NEIGHBOURS_BYTE_KERNELS_X86_H

#include "neighbours/byte_kernels.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define BYTE_KERNELS_X86

/* AVX-512F, BW and VNNI. */
extern const struct byte_kernels byte_kernels_avx512;

extern const struct byte_kernels byte_kernels_avx2;
#endif

#endif
