/* landmark_sample.c - a marked face as a detection might show it.
 * SPDX-License-Identifier: MIT */
#include "face/landmarks.h"
#include "image/resize.h"
#include "training/landmark_trainer.h"
#include "training/levels.h"
#include "training/random_stream.h"

enum { SIDE = LANDMARKS_SIDE, COARSEST = 12 };

#define FLIP_SHARE 0.5f
#define TILT_SHARE 0.5f   /* up to 45 degrees; the others up to 10 */
#define COARSE_SHARE 0.3f /* of fewer pixels, enlarged */
#define BLUR_SHARE 0.2f
#define NOISE_SHARE 0.3f
#define SLOPE_SHARE 0.2f
#define COVER_SHARE 0.15f
#define MOST_OFF 0.1f  /* middle of a detection off that of the face, in heights */
#define MOST_SIZE 1.2f /* height of a detection over that of the face, or the inverse */

/* A turn about the middle of the face, mirrored or not. */
static struct affine draw_turn(struct random_stream *r, const struct face_mark *mark)
{
    double x = mark->x + mark->w / 2, y = mark->y + mark->h / 2;
    double flip = random_stream_chance(r, FLIP_SHARE) ? -1 : 1;
    float most = random_stream_chance(r, TILT_SHARE) ? PI / 4 : PI / 18;
    double angle = random_stream_range(r, -most, most), c = cos(angle), s = sin(angle);

    return (struct affine){
        {{flip * c, -s, x - flip * c * x + s * y}, {flip * s, c, y - flip * s * x - c * y}}};
}

/* first, then second. */
static struct affine compose(const struct affine *first, const struct affine *second)
{
    struct affine map;

    for (int i = 0; i < 2; i++) {
        const double *m = second->m[i];
        for (int k = 0; k < 3; k++)
            map.m[i][k] = m[0] * first->m[0][k] + m[1] * first->m[1][k] + (k == 2 ? m[2] : 0);
    }
    return map;
}

/* The square (in the turned picture) where a detection would look. */
static void draw_square(struct random_stream *r, const struct face_mark *mark, float ret_centre[2],
                        float *ret_height)
{
    ret_centre[0] = mark->x + mark->w / 2 + mark->h * random_stream_range(r, -MOST_OFF, MOST_OFF);
    ret_centre[1] = mark->y + mark->h / 2 + mark->h * random_stream_range(r, -MOST_OFF, MOST_OFF);
    *ret_height = mark->h * random_stream_log_range(r, 1 / MOST_SIZE, MOST_SIZE);
}

static mien_status draw_crop(struct random_stream *r, const struct image *picture,
                             const struct affine *back, const float centre[2], float height,
                             struct image *crop, mien_error *err)
{
    bool coarse = random_stream_chance(r, COARSE_SHARE);
    int side = coarse ? COARSEST + (int)random_stream_index(r, SIDE - COARSEST) : SIDE;
    struct affine square = landmarks_map(centre[0], centre[1], height, side);
    struct affine map = compose(&square, back);
    struct image small;
    mien_status status;

    if (!coarse)
        return image_warp(picture, &map, IMAGE_EDGE_REPLICATE, crop, err);
    status = image_new(side, side, 1, &small, err);
    if (status)
        return status;
    status = image_warp(picture, &map, IMAGE_EDGE_REPLICATE, &small, err);
    if (!status)
        status = image_resize(&small, crop, err);
    image_free(&small);
    return status;
}

static void cover(struct random_stream *r, float *levels)
{
    int w = SIDE / 6 + (int)random_stream_index(r, SIDE / 3);
    int h = SIDE / 6 + (int)random_stream_index(r, SIDE / 3);
    int x = (int)random_stream_index(r, (size_t)(SIDE - w));
    int y = (int)random_stream_index(r, (size_t)(SIDE - h));
    float level = random_stream_range(r, 0, 255);

    for (int i = 0; i < w * h; i++)
        levels[(y + i / w) * SIDE + x + i % w] = level;
}

static void change(struct random_stream *r, float *levels)
{
    if (random_stream_chance(r, SLOPE_SHARE))
        levels_slope(levels, SIDE, SIDE, random_stream_range(r, 0.3f, 1), 1,
                     random_stream_range(r, 0, 2 * PI));
    if (random_stream_chance(r, COVER_SHARE))
        cover(r, levels);
    if (random_stream_chance(r, BLUR_SHARE))
        levels_blur(levels, SIDE, SIDE, random_stream_range(r, 0.4f, 1.3f));
    if (random_stream_chance(r, NOISE_SHARE))
        levels_noise(levels, SIDE, SIDE, random_stream_range(r, 0, 12),
                     random_key(r->key, r->counter++));
}

static void fill_numbers(const struct face_mark *mark, const float centre[2], float height,
                         float *ret_numbers)
{
    for (int i = 0; i < LANDMARKS_NUMBERS; i++)
        ret_numbers[i] = (mark->landmarks[i / 2][i % 2] - centre[i % 2]) / LANDMARKS_SQUARE(height);
}

mien_status landmark_sample_make(const struct detector_data *data, uint64_t key, float *ret_levels,
                                 float *ret_numbers, mien_error *err)
{
    struct random_stream r = {key, 0};
    const struct detector_picture *picture =
        &data->pictures[data->with_faces[random_stream_index(&r, data->with_face_count)]];
    const struct face_mark *mark =
        &picture->marks[random_stream_index(&r, (size_t)picture->face_count)];
    struct affine turn = draw_turn(&r, mark), back;
    struct face_mark turned = face_mark_mapped(mark, &turn);
    float centre[2], height;
    struct image crop;
    mien_status status = affine_inverse(&turn, &back, err);

    if (!status)
        status = image_new(SIDE, SIDE, 1, &crop, err);
    if (status)
        return status;
    draw_square(&r, &turned, centre, &height);
    status = draw_crop(&r, &picture->grey, &back, centre, height, &crop, err);
    for (int i = 0; i < SIDE * SIDE && !status; i++)
        ret_levels[i] = image_row(&crop, i / SIDE)[i % SIDE];
    image_free(&crop);
    if (status)
        return status;
    change(&r, ret_levels);
    landmarks_normalize(ret_levels);
    fill_numbers(&turned, centre, height, ret_numbers);
    return MIEN_OK;
}
