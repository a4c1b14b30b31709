/* precision.c - what `--precision` means on this processor.
 * SPDX-License-Identifier: MIT */
#include "precision.h"

#include "network/plan.h"

enum { AUTO, F32, BF16 };
const char *const precision_names[] = {"auto", "f32", "bf16", NULL};

mien_status precision_choose(int precision, bool *ret_bf16, mien_error *err)
{
    if (precision == BF16 && !plan_has_bf16())
        return error_set(err, MIEN_EUNSUPPORTED,
                         "--precision bf16: this processor does not multiply bf16 by itself: say "
                         "auto or f32");
    *ret_bf16 = precision != F32 && plan_has_bf16();
    return MIEN_OK;
}
