/* detector_sample.c - lay pictures out in a square at the scales that the faces are to have, carry
 * their marks along, paste and cover, then change the look.
 *
 * A sample is one tile or several. In a tile the size of a face is drawn first, evenly in its
 * logarithm, then a picture that can show it; a picture that would fill too little of the tile
 * makes room for more tiles. So faces of all sizes are met equally often, and mostly among the
 * things that surround such faces.
 * SPDX-License-Identifier: MIT */
#include "training/detector_sample.h"

#include <stdlib.h>
#include <string.h>

#include "dataset/dataset.h"
#include "image/warp.h"
#include "training/detector_augment.h"
#include "training/detector_clutter.h"
#include "training/detector_paste.h"
#include "training/random_stream.h"

/* Shares of all tiles. */
#define FLIP_SHARE 0.5f
#define TILT_SHARE 0.4f    /* up to 40 degrees */
#define TURN_SHARE 0.03f   /* by 90, 180 or 270 degrees */
#define STRETCH_SHARE 0.3f /* sheared, and one axis longer */

#define SMALLEST_MARK 8 /* pixels; below, a face is to be ignored */
#define LEAST_VISIBLE 0.4f
#define HARD_LEAST 24 /* pixels; smaller, faces that are hardly found cannot be told at all */
#define MOST_GROWTH 3 /* pictures grow by no more */
#define LEAST_GROWTH (1 / 256.0f)
#define LEAST_COVERAGE 0.12f /* of a tile by its picture; below, it becomes four */

enum {
    CANDIDATES = 6, /* faces among which the one that suits a size best is taken */
    SMALLEST_TILE = 64,
    MOST_TILES = 16,
    MOST_PASTED = 4,
};

struct tile {
    int x, y, w, h;
};

/* A sample in the making. */
struct job {
    const struct detector_data *data;
    const struct detector_sample_options *options;
    struct random_stream r;
    struct image canvas; /* grey (side, side) */
    struct face_mark *marks;
    int count, max;
};

/* What a tile is to show: the middle of `focus` somewhere in it, at this scale. */
struct choice {
    const struct detector_picture *picture;
    float focus[2];
    float size; /* of the focus in the tile */
    float scale;
};

void detector_sample_options_init(struct detector_sample_options *options)
{
    *options = (struct detector_sample_options){.smallest_face = 10,
                                                .negative = 0.1f,
                                                .mosaic = 0.15f,
                                                .hard = 0.1f,
                                                .pasted = 0.85f,
                                                .clutter = 0.4f};
}

int detector_sample_most_marks(const struct detector_data *data)
{
    return MOST_TILES * data->most_marks + MOST_PASTED;
}

/* Choice of what to show. */

/* How much of the tile the picture would fill at most, 0 to 1. */
static float coverage(const struct image *picture, float scale, const struct tile *tile)
{
    float w = fminf((float)picture->width * scale, (float)tile->w);
    float h = fminf((float)picture->height * scale, (float)tile->h);

    return w * h / ((float)tile->w * (float)tile->h);
}

/* A face at this size; of several drawn, the one that is enlarged little and fills the tile. */
static struct choice choose_face(struct job *job, const struct tile *tile)
{
    const struct detector_data *data = job->data;
    float shorter = (float)(tile->w < tile->h ? tile->w : tile->h);
    float size = random_stream_log_range(&job->r, job->options->smallest_face, shorter);
    float best_cost = INFINITY;
    struct choice best = {0};

    for (int i = 0; i < CANDIDATES; i++) {
        const struct detector_picture *picture =
            &data->pictures[data->with_faces[random_stream_index(&job->r, data->with_face_count)]];
        const struct face_mark *mark =
            &picture->marks[random_stream_index(&job->r, (size_t)picture->face_count)];
        float scale = fmaxf(fminf(size / face_mark_size(mark), MOST_GROWTH), LEAST_GROWTH);
        float cost =
            fmaxf(0, log2f(scale / 1.5f)) - log2f(coverage(&picture->grey, scale, tile)) / 2;
        if (cost < best_cost) {
            best_cost = cost;
            best = (struct choice){picture,
                                   {mark->x + mark->w / 2, mark->y + mark->h / 2},
                                   scale * face_mark_size(mark),
                                   scale};
        }
    }
    return best;
}

static struct choice choose_negative(struct job *job, const struct tile *tile)
{
    const struct detector_data *data = job->data;
    const struct detector_picture *picture =
        &data->pictures[data->without_marks[random_stream_index(&job->r,
                                                                data->without_mark_count)]];
    float fit = fmaxf((float)tile->w / (float)picture->grey.width,
                      (float)tile->h / (float)picture->grey.height);
    float x = random_stream_range(&job->r, 0, (float)picture->grey.width);
    float y = random_stream_range(&job->r, 0, (float)picture->grey.height);

    return (struct choice){picture, {x, y}, 0, fit * random_stream_log_range(&job->r, 0.5f, 2)};
}

/* Near the scale at which the region was taken for a face. */
static struct choice choose_region(struct job *job)
{
    const struct detector_region *region =
        &job->options->regions[random_stream_index(&job->r, job->options->region_count)];
    float scale = region->scale * random_stream_log_range(&job->r, 0.5f, 2);

    return (struct choice){&job->data->pictures[region->picture],
                           {region->x + region->w / 2, region->y + region->h / 2},
                           scale * fmaxf(region->w, region->h),
                           scale};
}

static struct choice choose(struct job *job, const struct tile *tile)
{
    const struct detector_data *data = job->data;
    float u = random_stream_range(&job->r, 0, 1);

    if (u < job->options->hard && job->options->region_count)
        return choose_region(job);
    u -= job->options->region_count ? job->options->hard : 0;
    if ((u < job->options->negative && data->without_mark_count) || !data->with_face_count)
        return choose_negative(job, tile);
    return choose_face(job, tile);
}

/* Geometry. */

static void turn(struct affine *map, double angle)
{
    double c = cos(angle), s = sin(angle);

    for (int i = 0; i < 2; i++) {
        double x = map->m[0][i], y = map->m[1][i];
        map->m[0][i] = c * x - s * y;
        map->m[1][i] = s * x + c * y;
    }
}

/* The map from the picture to the tile, but for the shift. */
static struct affine draw_map(struct random_stream *r, float scale)
{
    bool flip = random_stream_chance(r, FLIP_SHARE);
    double stretch = 1, shear = 0, angle = 0;
    struct affine map;

    if (random_stream_chance(r, STRETCH_SHARE)) {
        stretch = random_stream_log_range(r, 0.9f, 1 / 0.9f);
        shear = random_stream_range(r, -0.12f, 0.12f);
    }
    if (random_stream_chance(r, TILT_SHARE))
        angle = random_stream_range(r, -PI * 2 / 9, PI * 2 / 9);
    else if (random_stream_chance(r, TURN_SHARE / (1 - TILT_SHARE)))
        angle = PI / 2 * (float)(1 + random_stream_index(r, 3)) + random_stream_range(r, -.2f, .2f);
    map = (struct affine){
        {{(flip ? -1 : 1) * scale * stretch, scale * shear, 0}, {0, scale / stretch, 0}}};
    turn(&map, angle);
    return map;
}

/* Where in 0..side something of `size` has its middle. */
static double draw_place(struct random_stream *r, float size, int side)
{
    float margin = fminf(0.4f * size, 0.5f * (float)side);

    return random_stream_range(r, margin, (float)side - margin + 0.001f);
}

/* How far a picture with its middle at `middle` and this half extent has to move, so that it
 * covers 0..side or, if it is smaller, lies within. */
static double push(double middle, double half, double side)
{
    double low = middle - half, high = middle + half;

    if (2 * half < side)
        return low < 0 ? -low : high > side ? side - high : 0;
    return low > 0 ? -low : high < side ? side - high : 0;
}

/* Shifts the map so that the focus comes to a random place in the tile (whose corner is 0, 0). */
static void place(struct random_stream *r, const struct choice *choice, const struct tile *tile,
                  struct affine *map)
{
    const int sides[2] = {tile->w, tile->h};
    bool fill = random_stream_chance(r, 0.9f);
    double W = choice->picture->grey.width, H = choice->picture->grey.height;

    for (int i = 0; i < 2; i++) {
        double *m = map->m[i], half = (fabs(m[0]) * W + fabs(m[1]) * H) / 2;
        m[2] = draw_place(r, choice->size, sides[i]) - m[0] * choice->focus[0] -
               m[1] * choice->focus[1];
        if (fill)
            m[2] += push(m[0] * W / 2 + m[1] * H / 2 + m[2], half, sides[i]);
    }
}

/* Marks. */

/* The part of the box that lies in the tile, 0 to 1. */
static float visible(const struct face_mark *mark, const struct tile *tile)
{
    float w = fminf(mark->x + mark->w, (float)(tile->x + tile->w)) - fmaxf(mark->x, (float)tile->x);
    float h = fminf(mark->y + mark->h, (float)(tile->y + tile->h)) - fmaxf(mark->y, (float)tile->y);

    return fmaxf(w, 0) * fmaxf(h, 0) / (mark->w * mark->h);
}

static bool centre_in(const struct face_mark *mark, const struct tile *tile)
{
    float x = mark->x + mark->w / 2 - (float)tile->x, y = mark->y + mark->h / 2 - (float)tile->y;

    return x >= 0 && y >= 0 && x < (float)tile->w && y < (float)tile->h;
}

/* Cuts the box to the tile: beside it is another picture, which is not to be ignored. */
static void cut(struct face_mark *mark, const struct tile *tile)
{
    float x = fmaxf(mark->x, (float)tile->x), y = fmaxf(mark->y, (float)tile->y);

    mark->w = fminf(mark->x + mark->w, (float)(tile->x + tile->w)) - x;
    mark->h = fminf(mark->y + mark->h, (float)(tile->y + tile->h)) - y;
    mark->x = x;
    mark->y = y;
}

/* Adds a mark that is in place; what cannot be seen at all falls away. */
static void add_mark(struct job *job, const struct tile *tile, struct face_mark mark)
{
    float part = visible(&mark, tile);

    if (part <= 0 || job->count == job->max)
        return;
    if (part < LEAST_VISIBLE || !centre_in(&mark, tile) || face_mark_size(&mark) < SMALLEST_MARK)
        mark.ignore = true;
    if (mark.ignore)
        cut(&mark, tile);
    job->marks[job->count++] = mark;
}

static void add_marks(struct job *job, const struct detector_picture *picture,
                      const struct tile *tile, struct affine map)
{
    map.m[0][2] += tile->x;
    map.m[1][2] += tile->y;
    for (int i = 0; i < picture->mark_count; i++)
        add_mark(job, tile, face_mark_mapped(&picture->marks[i], &map));
}

/* Tiles. */

/* Narrows first..end to where 0 <= a x + b < limit at x + 1/2. */
static void narrow(double a, double b, double limit, double *first, double *end)
{
    double at_0 = -b / a - 0.5, at_limit = (limit - b) / a - 0.5;

    if (fabs(a) < 1e-9) {
        if (b < 0 || b >= limit)
            *end = *first;
        return;
    }
    *first = fmax(*first, ceil(fmin(at_0, at_limit)));
    *end = fmin(*end, floor(fmax(at_0, at_limit)) + 1);
}

/* What of row `y` of the tile shows the picture. */
static void span(const struct affine *back, const struct image *picture, int y, int width,
                 int *ret_first, int *ret_end)
{
    double first = 0, end = width;

    narrow(back->m[0][0], back->m[0][1] * (y + 0.5) + back->m[0][2], picture->width, &first, &end);
    narrow(back->m[1][0], back->m[1][1] * (y + 0.5) + back->m[1][2], picture->height, &first, &end);
    *ret_first = end > first ? (int)first : 0;
    *ret_end = end > first ? (int)end : 0;
}

/* Paints what of the tile lies outside the picture. */
static void paint_outside(struct image *view, const struct image *picture,
                          const struct affine *back, int level)
{
    for (int y = 0; y < view->height; y++) {
        int first, end;
        span(back, picture, y, view->width, &first, &end);
        memset(image_row(view, y), level, (size_t)first);
        memset(image_row(view, y) + end, level, (size_t)(view->width - end));
    }
}

/* Shows a picture without faces where the tile lies outside the picture. */
static mien_status put_behind(struct job *job, const struct tile *tile, struct image *view,
                              const struct image *picture, const struct affine *back,
                              mien_error *err)
{
    struct choice choice = choose_negative(job, tile);
    struct affine map = draw_map(&job->r, choice.scale), behind_back;
    struct image behind;
    mien_status status;

    place(&job->r, &choice, tile, &map);
    status = affine_inverse(&map, &behind_back, err);
    if (!status)
        status = image_new(view->width, view->height, 1, &behind, err);
    if (status)
        return status;
    status = image_warp(&choice.picture->grey, &behind_back, IMAGE_EDGE_REPLICATE, &behind, err);
    for (int y = 0; !status && y < view->height; y++) {
        int first, end;
        span(back, picture, y, view->width, &first, &end);
        memcpy(image_row(view, y), image_row(&behind, y), (size_t)first);
        memcpy(image_row(view, y) + end, image_row(&behind, y) + end, (size_t)(view->width - end));
    }
    image_free(&behind);
    return status;
}

/* Whether the picture covers the whole tile. */
static bool covers(const struct image *view, const struct image *picture, const struct affine *back)
{
    int first, end, last_first, last_end;

    span(back, picture, 0, view->width, &first, &end);
    span(back, picture, view->height - 1, view->width, &last_first, &last_end);
    return first == 0 && last_first == 0 && end == view->width && last_end == view->width;
}

static mien_status fill_outside(struct job *job, const struct tile *tile, struct image *view,
                                const struct image *picture, const struct affine *back,
                                mien_error *err)
{
    float kind = random_stream_range(&job->r, 0, 1);

    if (kind < 0.15f || covers(view, picture, back)) /* else its edge, repeated */
        return MIEN_OK;
    if (kind < 0.6f && job->data->without_mark_count)
        return put_behind(job, tile, view, picture, back, err);
    paint_outside(view, picture, back, kind < 0.8f ? 0 : (int)random_stream_index(&job->r, 256));
    return MIEN_OK;
}

static mien_status show(struct job *job, const struct tile *tile, const struct choice *choice,
                        mien_error *err)
{
    struct image view = image_view(&job->canvas, tile->x, tile->y, tile->w, tile->h);
    const struct image *picture = &choice->picture->grey;
    struct affine map = draw_map(&job->r, choice->scale), back;
    mien_status status;

    place(&job->r, choice, tile, &map);
    status = affine_inverse(&map, &back, err);
    if (!status)
        status = image_warp(picture, &back, IMAGE_EDGE_REPLICATE, &view, err);
    if (!status)
        status = fill_outside(job, tile, &view, picture, &back, err);
    if (!status)
        add_marks(job, choice->picture, tile, map);
    return status;
}

/* Four tiles for one, which meet not far from its middle. */
static void quarter(struct random_stream *r, const struct tile *tile, struct tile ret_tiles[4])
{
    int w = (int)((float)tile->w * random_stream_range(r, 0.35f, 0.65f));
    int h = (int)((float)tile->h * random_stream_range(r, 0.35f, 0.65f));

    ret_tiles[0] = (struct tile){tile->x, tile->y, w, h};
    ret_tiles[1] = (struct tile){tile->x + w, tile->y, tile->w - w, h};
    ret_tiles[2] = (struct tile){tile->x, tile->y + h, w, tile->h - h};
    ret_tiles[3] = (struct tile){tile->x + w, tile->y + h, tile->w - w, tile->h - h};
}

/* Fills the tile, dividing it `divisions` times more at most; `divide` at once. */
static mien_status fill(struct job *job, const struct tile *tile, int divisions, bool divide,
                        mien_error *err)
{
    struct tile parts[4];
    mien_status status = MIEN_OK;

    if (tile->w < 2 * SMALLEST_TILE || tile->h < 2 * SMALLEST_TILE)
        divisions = 0;
    if (!divide || !divisions) {
        struct choice choice = choose(job, tile);
        if (!divisions || coverage(&choice.picture->grey, choice.scale, tile) > LEAST_COVERAGE)
            return show(job, tile, &choice, err);
    }
    quarter(&job->r, tile, parts);
    for (int i = 0; !status && i < 4; i++)
        status = fill(job, &parts[i], divisions - 1, false, err);
    return status;
}

/* One of the FER2013 pictures to paste in, and how high its face is to be. */
static struct image draw_crop(struct job *job, float *ret_size)
{
    const struct detector_sample_options *o = job->options;
    const struct dataset *faces = o->faces;
    bool hard = o->hard_face_row_count && random_stream_chance(&job->r, 0.5f);
    float least = hard ? fmaxf(HARD_LEAST, o->smallest_face) : o->smallest_face;
    const uint32_t *rows = hard ? o->hard_face_rows : o->face_rows;
    size_t count = hard ? o->hard_face_row_count : o->face_row_count;
    const uint8_t *pixels = dataset_picture(faces, rows[random_stream_index(&job->r, count)]);

    *ret_size = random_stream_log_range(&job->r, least, DETECTOR_PASTE_LARGEST);
    return image_borrow(pixels, faces->width, faces->height, 1, (size_t)faces->width);
}

static mien_status paste_faces(struct job *job, mien_error *err)
{
    const struct tile whole = {0, 0, job->canvas.width, job->canvas.height};
    size_t count = 1 + random_stream_index(&job->r, MOST_PASTED);
    mien_status status = MIEN_OK;

    for (size_t i = 0; !status && i < count; i++) {
        float size;
        struct image crop = draw_crop(job, &size);
        struct face_mark mark;
        bool pasted;
        status = detector_paste(&job->r, &crop, size, job->marks, job->count, &job->canvas, &pasted,
                                &mark, err);
        if (!status && pasted)
            add_mark(job, &whole, mark);
    }
    return status;
}

/* The whole. */

/* Faces first; says how small the smallest one is. */
static float order_marks(struct job *job)
{
    float smallest = 48; /* where there is none */
    int faces = 0;

    for (int i = 0; i < job->count; i++) {
        struct face_mark mark = job->marks[i];
        if (mark.ignore)
            continue;
        job->marks[i] = job->marks[faces];
        job->marks[faces++] = mark;
        smallest = fminf(smallest, face_mark_size(&mark));
    }
    return smallest;
}

static mien_status make(struct job *job, float *ret_levels, mien_error *err)
{
    struct tile whole = {0, 0, job->canvas.width, job->canvas.height};
    bool mosaic = random_stream_chance(&job->r, job->options->mosaic);
    bool paste =
        random_stream_chance(&job->r, job->options->pasted) && job->options->face_row_count;
    bool clutter = random_stream_chance(&job->r, job->options->clutter);
    mien_status status = fill(job, &whole, 2, mosaic, err);

    if (!status && clutter)
        detector_clutter(&job->r, job->marks, job->count, &job->canvas);
    if (!status && paste)
        status = paste_faces(job, err);
    if (status)
        return status;
    detector_cover(&job->r, job->marks, job->count, &job->canvas);
    return detector_augment(&job->canvas, order_marks(job), random_key(job->r.key, UINT64_MAX),
                            ret_levels, err);
}

mien_status detector_sample_make(const struct detector_data *data,
                                 const struct detector_sample_options *options, uint64_t key,
                                 int side, float *ret_levels, struct face_mark *ret_marks,
                                 int max_marks, int *ret_count, mien_error *err)
{
    struct job job = {
        .data = data, .options = options, .r = {key, 0}, .marks = ret_marks, .max = max_marks};
    mien_status status = image_new(side, side, 1, &job.canvas, err);

    if (status)
        return status;
    status = make(&job, ret_levels, err);
    image_free(&job.canvas);
    if (!status)
        *ret_count = job.count;
    return status;
}
