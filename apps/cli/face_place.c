/* face_place.c - "detect", "whole" and "X,Y,W,H".
 * SPDX-License-Identifier: MIT */
#include "face_place.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "image/image.h"

/* Four decimal numbers apart by commas. */
static bool read_numbers(const char *word, float numbers[4])
{
    if (word[strspn(word, "+-.0123456789eE,")]) /* strtof also reads spaces, "nan" and "inf" */
        return false;
    for (int i = 0; i < 4; i++) {
        char *end;
        numbers[i] = strtof(word, &end);
        if (end == word || *end != (i < 3 ? ',' : 0))
            return false;
        word = end + 1;
    }
    return true;
}

static bool within(float value, float low, float high)
{
    return value >= low && value <= high;
}

mien_status face_place_parse(const char *word, struct face_place *ret_place, mien_error *err)
{
    const float far = IMAGE_MAX_SIDE;
    float n[4];

    if (!strcmp(word, "detect") || !strcmp(word, "whole")) {
        *ret_place = (struct face_place){.kind = *word == 'd' ? FACE_DETECT : FACE_WHOLE};
        return MIEN_OK;
    }
    if (!read_numbers(word, n))
        return error_set(err, MIEN_EINVAL,
                         "\"%s\" is not detect, nor whole, nor a box X,Y,W,H in pixels such as "
                         "120,80,96,96",
                         word);
    if (!within(n[0], -far, far) || !within(n[1], -far, far) || !within(n[2], 1, far) ||
        !within(n[3], 1, far))
        return error_set(err, MIEN_EINVAL,
                         "\"%s\" is a box that no picture has: W and H are 1 to %d pixels", word,
                         IMAGE_MAX_SIDE);
    *ret_place = (struct face_place){FACE_BOX, {n[0], n[1], n[2], n[3]}};
    return MIEN_OK;
}

mien_box face_place_box(const struct face_place *place, int width, int height)
{
    return place->kind == FACE_WHOLE ? (mien_box){0, 0, (float)width, (float)height} : place->box;
}
