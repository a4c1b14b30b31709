/* model_text.c - which names a model file may hold: those that can be columns and arguments.
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "network/model_format.h"

bool model_key_is_valid(const char *key, size_t longest)
{
    static const char inner[] = "abcdefghijklmnopqrstuvwxyz0123456789 _-.";
    size_t length = strnlen(key, longest + 1);

    return length >= 1 && length <= longest && strspn(key, inner) == length && key[0] != ' ' &&
           key[length - 1] != ' ';
}

bool model_tensor_name_is_valid(const char *name)
{
    size_t length = strnlen(name, MODEL_NAME_BYTES);

    for (size_t i = 0; i < length; i++)
        if (name[i] <= ' ' || name[i] > '~')
            return false;
    return length >= 1 && length < MODEL_NAME_BYTES;
}
