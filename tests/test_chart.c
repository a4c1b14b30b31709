/* test_chart.c - charts: files, scales, colours, what they tell, and what they refuse.
 * SPDX-License-Identifier: MIT */
#include "tests/unit.h"

#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/thread_pool.h"
#include "chart/axis.h"
#include "chart/chart.h"
#include "chart/markup.h"
#include "chart/theme.h"

static const char *const labels[] = {"angry", "disgust", "fear", "happy", "sad"};
static const double counts[] = {3939, 422, 4098, 7175, 4913};
static const struct chart_series one_series = {.name = "train", .y = counts, .count = 5};

static struct chart bars(const char *const *categories)
{
    return (struct chart){.type = CHART_BARS,
                          .title = "Labels",
                          .bars = {.categories = categories,
                                   .category_count = 5,
                                   .series = &one_series,
                                   .series_count = 1}};
}

/* The chart as an element of a page; the caller frees it. */
static struct text element_of(const struct chart *chart, const char *prefix)
{
    struct text text = {0};
    mien_error err = {0};

    if (chart_add_svg(chart, CHART_LIGHT, prefix, &text, &err))
        fail_msg("%s", err.message);
    return text;
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;

    for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
        count++;
    return count;
}

static void assert_refused(const struct chart *chart, const char *words)
{
    struct text text = {0};
    mien_error err = {0};

    assert_int_equal(chart_add_svg(chart, CHART_LIGHT, "a-", &text, &err), MIEN_EINVAL);
    if (!strstr(err.message, words))
        fail_msg("\"%s\" does not say \"%s\"", err.message, words);
    assert_null(text.data);
}

static void the_ending_of_the_path_chooses_the_format(void **state)
{
    static const struct {
        const char *ending, *signature;
    } formats[] = {{".png", "\x89PNG"}, {".SVG", "<?xml"}, {".pdf", "%PDF"}};
    struct chart chart = bars(labels);
    char folder[] = "/tmp/mien-chart-XXXXXX", path[64];
    struct file_map map;
    mien_error err;

    (void)state;
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/a%s", folder, formats[i].ending);
        assert_int_equal(chart_write(&chart, CHART_DARK, path, &err), MIEN_OK);
        assert_int_equal(file_map_open(path, &map, &err), MIEN_OK);
        assert_true(map.bytes > 1000);
        assert_memory_equal(map.data, formats[i].signature, strlen(formats[i].signature));
        file_map_close(&map);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/a.gif", folder);
    assert_int_equal(chart_write(&chart, CHART_LIGHT, path, &err), MIEN_EINVAL);
    assert_non_null(strstr(err.message, "ends in .png, .svg or .pdf"));
    rmdir(folder);
}

static void a_chart_that_cannot_be_written_leaves_an_error(void **state)
{
    struct chart chart = bars(labels);
    mien_error err;

    (void)state;
    assert_int_equal(chart_write(&chart, CHART_LIGHT, "/nowhere/at/all.png", &err), MIEN_EIO);
    assert_non_null(strstr(err.message, "/nowhere/at/all.png"));
}

static void every_bar_tells_its_value(void **state)
{
    struct chart chart = bars(labels);
    struct text text = element_of(&chart, "a-");

    (void)state;
    assert_int_equal(count_of(text.data, "class=\"mark\""), 5);
    assert_non_null(strstr(text.data, "<title>happy, train: 7,175</title>"));
    text_free(&text);
}

/* The attribute's value in the n-th mark. */
static double mark_number(const char *svg, int n, const char *attribute)
{
    const char *at = svg;

    for (int i = 0; i <= n; i++)
        at = strstr(at + (i > 0), "<rect class=\"mark\"");
    at = strstr(at, attribute);
    return strtod(at + strlen(attribute), NULL);
}

static void bars_lie_down_where_their_labels_would_collide(void **state)
{
    static const char *const long_labels[] = {"angry", "a label that is far too long for its bar",
                                              "fear", "happy", "sad"};
    struct chart chart = bars(labels);
    struct text text = element_of(&chart, "a-");

    (void)state;
    assert_true(mark_number(text.data, 0, " x=\"") < mark_number(text.data, 1, " x=\""));
    assert_float_equal(mark_number(text.data, 0, " y=\""), mark_number(text.data, 1, " y=\""), 0);
    text_free(&text);

    chart = bars(long_labels);
    text = element_of(&chart, "a-");
    assert_float_equal(mark_number(text.data, 0, " x=\""), mark_number(text.data, 1, " x=\""), 0);
    assert_true(mark_number(text.data, 0, " y=\"") < mark_number(text.data, 1, " y=\""));
    text_free(&text);
}

static void every_cell_of_a_heat_map_tells_row_column_and_value(void **state)
{
    static const double values[] = {0.25, 0.5, NAN, 1};
    struct chart chart = {.type = CHART_HEAT_MAP,
                          .heat_map = {.values = values,
                                       .rows = 2,
                                       .columns = 2,
                                       .row_labels = labels,
                                       .column_labels = labels + 2,
                                       .percent = true}};
    struct text text = element_of(&chart, "a-");

    (void)state;
    assert_non_null(strstr(text.data, "<title>angry, happy: 50%</title>"));
    assert_non_null(strstr(text.data, "<title>disgust, fear: none</title>"));
    assert_int_equal(count_of(text.data, "class=\"mark\""), 4);
    text_free(&text);
}

static void every_id_of_an_element_carries_its_prefix(void **state)
{
    struct chart chart = bars(labels);
    struct text text = element_of(&chart, "c7-");

    (void)state;
    assert_true(count_of(text.data, " id=\"") > 5);
    assert_int_equal(count_of(text.data, " id=\""), count_of(text.data, " id=\"c7-"));
    assert_int_equal(count_of(text.data, "href=\"#"), count_of(text.data, "href=\"#c7-"));
    assert_int_equal(count_of(text.data, "url(#"), count_of(text.data, "url(#c7-"));
    text_free(&text);
}

static void texts_are_never_markup(void **state)
{
    static const char *const hostile[] = {"<script>alert(1)</script>", "a\"b'c&d", "\xff\xfe\x01",
                                          "&lt;", "<b>"};
    struct chart chart = bars(hostile);
    struct text text;

    (void)state;
    chart.title = "</svg><i>\"";
    text = element_of(&chart, "a-");
    assert_null(strstr(text.data, "<script"));
    assert_null(strstr(text.data, "<i>"));
    assert_null(strchr(text.data, 0x01));
    assert_non_null(strstr(text.data, "a&quot;b&#39;c&amp;d"));
    assert_non_null(strstr(text.data, "&amp;lt;"));
    assert_int_equal(count_of(text.data, "</svg>"), 1);
    text_free(&text);
}

static void base_64_matches_the_examples_of_its_standard(void **state)
{
    static const char *const pairs[][2] = {{"f", "Zg=="},         {"fo", "Zm8="},
                                           {"foo", "Zm9v"},       {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        struct text text = {0};
        markup_add_base64(&text, (const uint8_t *)pairs[i][0], strlen(pairs[i][0]));
        assert_string_equal(text.data, pairs[i][1]);
        text_free(&text);
    }
}

static void numbers_that_are_not_finite_leave_gaps(void **state)
{
    static const double y[] = {NAN, 1, INFINITY, 2, 3, -INFINITY, 1e308, -1e308};
    const struct chart_series series = {.name = "loss", .y = y, .count = 8, .bands = {{y, y}}};
    const struct chart_reference references[] = {{"nothing", NAN, false}, {"two", 2, true}};
    struct chart chart = {.type = CHART_LINES,
                          .lines = {.series = &series,
                                    .series_count = 1,
                                    .references = references,
                                    .reference_count = 2,
                                    .x_start = 1}};
    struct text text = element_of(&chart, "a-");

    (void)state;
    assert_non_null(strstr(text.data, "<title>loss, 4: "));
    assert_null(strstr(text.data, "<title>loss, 1: "));
    assert_null(strstr(text.data, "nan"));
    assert_null(strstr(text.data, "inf"));
    text_free(&text);
}

static void a_chart_of_nothing_but_gaps_is_drawn(void **state)
{
    static const double nothing[5] = {NAN, NAN, NAN, NAN, NAN};
    static const struct chart_dimension dimensions[] = {
        {.name = "a", .values = nothing, .log = true},
        {.name = "b", .values = nothing, .categories = labels, .category_count = 5},
        {.name = "c", .values = nothing}};
    const struct chart_series series = {.y = nothing, .count = 5};
    struct chart charts[] = {
        {.type = CHART_LINES, .lines = {.series = &series, .series_count = 1}},
        {.type = CHART_BARS,
         .bars = {.categories = labels, .category_count = 5, .series = &series, .series_count = 1}},
        {.type = CHART_HISTOGRAM,
         .histogram = {.series = &series, .series_count = 1, .bins = 5, .bin_width = 1}},
        {.type = CHART_SCATTER, .scatter = {.x = nothing, .y = nothing, .count = 5}},
        {.type = CHART_HEAT_MAP,
         .heat_map = {.values = nothing,
                      .rows = 1,
                      .columns = 5,
                      .row_labels = labels,
                      .column_labels = labels}},
        {.type = CHART_PARALLEL,
         .parallel = {.dimensions = dimensions, .dimension_count = 3, .count = 5}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof charts / sizeof *charts; i++) {
        struct text text = element_of(&charts[i], "a-");
        assert_null(strstr(text.data, "nan"));
        text_free(&text);
    }
}

static void a_description_out_of_bounds_is_refused_in_words(void **state)
{
    struct chart chart = bars(labels);
    const struct chart_series short_series = {.y = counts, .count = 4};
    const struct chart_series half_band = {.y = counts, .count = 5, .bands = {{counts, NULL}}};
    const uint8_t pixels[4] = {0}, groups[5] = {0, 1, 2, 3, 4};
    struct chart_picture picture = {.pixels = pixels, .width = 2, .height = 2, .stride = 1};

    (void)state;
    chart.width = 79;
    assert_refused(&chart, "a side has 80 to 10000");
    chart.width = NAN;
    assert_refused(&chart, "a side has");
    chart = bars(labels);
    chart.bars.series = &short_series;
    assert_refused(&chart, "series 0 has 4 bars for 5 categories");
    chart.bars.series = &half_band;
    assert_refused(&chart, "one side only");
    chart.bars.series_count = 0;
    assert_refused(&chart, "no series");
    chart = (struct chart){.type = CHART_PICTURES, .pictures = {.pictures = &picture, .count = 1}};
    assert_refused(&chart, "picture 0 is 2 x 2");
    picture.stride = 2;
    chart.pictures.count = 0;
    assert_refused(&chart, "0 pictures");
    chart.pictures.count = CHART_MAX_MARKS + 1;
    assert_refused(&chart, "4001 pictures");
    chart = (struct chart){.type = CHART_HISTOGRAM,
                           .histogram = {.series = &one_series, .series_count = 1, .bins = 5}};
    assert_refused(&chart, "width must be above 0");
    chart = (struct chart){.type = CHART_SCATTER,
                           .scatter = {.x = counts,
                                       .y = counts,
                                       .groups = groups,
                                       .count = 5,
                                       .group_names = labels,
                                       .group_count = 3}};
    assert_refused(&chart, "point 3 is of group 3 of 3");
    chart = (struct chart){.type = (enum chart_type)99};
    assert_refused(&chart, "no type 99");
}

static void lines_across_axes_tell_what_they_are_at_their_ends(void **state)
{
    static const double rates[5] = {1e-4, 1e-3, 1e-2, 0, 0.5}, kinds[5] = {0, 4, 2, 1, 3};
    static const double ends[5] = {0.5, 0.6, 0.55, NAN, 0.4};
    struct chart_dimension dimensions[] = {
        {.name = "rate", .values = rates, .log = true},
        {.name = "kind", .values = kinds, .categories = labels, .category_count = 5},
        {.name = "end", .values = ends, .percent = true}};
    struct chart chart = {.type = CHART_PARALLEL,
                          .parallel = {dimensions, 3, 5, .marked = 2, .hovers = labels}};
    struct text text = element_of(&chart, "a-");

    (void)state;
    for (int i = 0; i < 5; i++) {
        char mark[64];
        snprintf(mark, sizeof mark, "<title>%s</title>", labels[i]);
        assert_int_equal(strstr(text.data, mark) != NULL, i != 3);
    }
    assert_null(strstr(text.data, "inf"));
    text_free(&text);
    dimensions[1].category_count = 4;
    assert_refused(&chart, "kind has 4 categories and a number 4");
    chart.parallel.dimension_count = 1;
    assert_refused(&chart, "1 dimensions; give 2 to 24");
}

static void ticks_are_round_numbers_within_the_axis(void **state)
{
    static const struct {
        double low, high, step;
        int decimals;
    } cases[] = {
        {0, 7175, 2000, 0}, {0.31, 0.55, 0.05, 2}, {-3, 12, 5, 0}, {0, 1, 0.2, 1}, {0, 12, 2.5, 1}};
    char label[NUMBER_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct axis axis =
            axis_new((struct range){cases[i].low, cases[i].high, true}, 5, true, false);
        int ticks = 0;
        assert_float_equal(axis.step, cases[i].step, 1e-12);
        assert_int_equal(axis.decimals, cases[i].decimals);
        assert_true(axis.low <= cases[i].low && axis.high >= cases[i].high);
        for (double v = axis.start; axis_shows(&axis, v); v += axis.step)
            ticks++;
        assert_in_range(ticks, 4, 8);
    }
    struct axis axis = axis_new((struct range){-0.3, 0.3, true}, 6, true, false);
    assert_string_equal(axis_label(&axis, -1e-17, label), "0.0");
}

static void an_axis_over_one_number_has_that_number_inside(void **state)
{
    static const double numbers[] = {0, 5, -0.001, 1e100};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct range range = {0};
        struct axis axis;
        range_add(&range, numbers[i]);
        range_add(&range, NAN);
        axis = axis_new(range, 5, true, false);
        assert_true(axis.low < numbers[i] && numbers[i] < axis.high);
        assert_true(isfinite(axis.step) && axis.step > 0);
    }
}

static void numbers_are_grouped_by_thousands(void **state)
{
    char text[NUMBER_TEXT];

    (void)state;
    assert_string_equal(number_text(35887, 0, false, text), "35,887");
    assert_string_equal(number_text(-1234567.891, 2, false, text), "-1,234,567.89");
    assert_string_equal(number_text(999, 0, false, text), "999");
    assert_string_equal(number_text(0.5453, 1, true, text), "54.5%");
    assert_string_equal(number_text(1e300, 0, false, text), "1e+300");
    assert_string_equal(number_text(NAN, 0, false, text), "none");
}

static void sequential_colour_maps_grow_in_lightness(void **state)
{
    (void)state;
    for (int map = 0; map < COLOUR_MAP_COUNT; map++) {
        double sign = map == COLOUR_MAP_BLUES ? -1 : 1, last = -2;
        if (map == COLOUR_MAP_BALANCE)
            continue;
        for (int i = 0; i <= 100; i++) {
            double luminance =
                sign * colour_luminance(colour_map_at((enum colour_map)map, i / 100.0));
            assert_true(luminance > last);
            last = luminance;
        }
    }
}

static void a_colour_map_keeps_its_ends_for_what_lies_outside(void **state)
{
    struct colour low = colour_map_at(COLOUR_MAP_VIRIDIS, 0);
    struct colour below = colour_map_at(COLOUR_MAP_VIRIDIS, -5);
    struct colour none = colour_map_at(COLOUR_MAP_VIRIDIS, NAN);
    struct colour above = colour_map_at(COLOUR_MAP_VIRIDIS, INFINITY);

    (void)state;
    assert_float_equal(low.r, 0x44 / 255.0, 1e-9); /* viridis: #440154 to #fde725 */
    assert_float_equal(low.b, 0x54 / 255.0, 1e-9);
    assert_memory_equal(&low, &below, sizeof low);
    assert_memory_equal(&low, &none, sizeof low);
    assert_float_equal(above.r, 0xfd / 255.0, 1e-9);
}

static double contrast(struct colour a, struct colour b)
{
    double la = colour_luminance(a) + 0.05, lb = colour_luminance(b) + 0.05;

    return la > lb ? la / lb : lb / la;
}

static void texts_and_series_stand_out_from_the_background(void **state)
{
    (void)state;
    for (int t = 0; t < 2; t++) {
        const struct theme *theme = theme_of((enum chart_theme)t);
        assert_true(contrast(theme->ink, theme->background) > 12);
        assert_true(contrast(theme->muted, theme->background) > 4.5);
        for (size_t i = 0; i < THEME_SERIES; i++)
            assert_true(contrast(theme_series(theme, i), theme->background) > 3);
    }
    for (int i = 0; i <= 100; i++)
        for (int map = 0; map < COLOUR_MAP_COUNT; map++) {
            struct colour cell = colour_map_at((enum colour_map)map, i / 100.0);
            assert_true(contrast(canvas_ink_on(cell), cell) > 4);
        }
}

static double linear(double c)
{
    return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double lab_curve(double t)
{
    return t > 216.0 / 24389 ? cbrt(t) : (24389.0 / 27 * t + 16) / 116;
}

/* CIE L*a*b* of a colour as people without one kind of cones see it (Vienot, Brettel, Mollon:
 * "Digital video colourmaps for checking the legibility of displays by dichromats", 1999). */
static void lab_as_seen(struct colour c, const double sight[9], double ret_lab[3])
{
    double in[3] = {linear(c.r), linear(c.g), linear(c.b)}, rgb[3], x, y, z;

    for (int i = 0; i < 3; i++)
        rgb[i] = sight[3 * i] * in[0] + sight[3 * i + 1] * in[1] + sight[3 * i + 2] * in[2];
    x = (0.4124 * rgb[0] + 0.3576 * rgb[1] + 0.1805 * rgb[2]) / 0.9505;
    y = 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2];
    z = (0.0193 * rgb[0] + 0.1192 * rgb[1] + 0.9505 * rgb[2]) / 1.089;
    ret_lab[0] = 116 * lab_curve(y) - 16;
    ret_lab[1] = 500 * (lab_curve(x) - lab_curve(y));
    ret_lab[2] = 200 * (lab_curve(y) - lab_curve(z));
}

static void series_colours_differ_for_colour_blind_people(void **state)
{
    static const double sights[3][9] = {
        {1, 0, 0, 0, 1, 0, 0, 0, 1},
        {0.11238, 0.88762, 0, 0.11238, 0.88762, 0, 0.00401, -0.00401, 1}, /* no L cones */
        {0.29275, 0.70725, 0, 0.29275, 0.70725, 0, -0.02234, 0.02234, 1}, /* no M cones */
    };

    (void)state;
    for (int t = 0; t < 2; t++)
        for (int s = 0; s < 3; s++)
            for (size_t i = 0; i < THEME_SERIES; i++)
                for (size_t j = 0; j < i; j++) {
                    const struct theme *theme = theme_of((enum chart_theme)t);
                    double a[3], b[3];
                    lab_as_seen(theme->series[i], sights[s], a);
                    lab_as_seen(theme->series[j], sights[s], b);
                    double distance =
                        sqrt((a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]) +
                             (a[2] - b[2]) * (a[2] - b[2]));
                    if (distance < 17) /* 2.3 is just noticeable side by side */
                        fail_msg("theme %d, sight %d: series %zu and %zu are %.1f apart", t, s, j,
                                 i, distance);
                }
}

static void pictures_keep_their_grid_at_any_number(void **state)
{
    static uint8_t pixels[16 * 12];
    struct chart_picture pictures[7];

    (void)state;
    for (size_t i = 0; i < 7; i++)
        pictures[i] = (struct chart_picture){pixels, 16, 12, 16, labels[i % 5], "row"};
    for (size_t count = 1; count <= 7; count++) {
        struct chart chart = {.type = CHART_PICTURES,
                              .pictures = {.pictures = pictures,
                                           .count = count,
                                           .columns = 3,
                                           .colour_map = COLOUR_MAP_VIRIDIS,
                                           .colour_bar = true}};
        struct text text = element_of(&chart, "a-");
        assert_int_equal(count_of(text.data, "<title>row</title>"), count);
        text_free(&text);
    }
}

struct drawing {
    struct text text;
    mien_status status;
};

static void draw_one(void *context, int index, int worker)
{
    struct drawing *drawing = (struct drawing *)context + index;
    struct chart chart = bars(labels);

    (void)worker;
    drawing->status = chart_add_svg(&chart, CHART_DARK, "a-", &drawing->text, NULL);
}

static void threads_that_draw_at_once_get_the_same_drawing(void **state)
{
    struct drawing drawings[16] = {0};
    struct thread_pool *pool;

    (void)state;
    assert_int_equal(thread_pool_new(4, &pool, NULL), MIEN_OK);
    thread_pool_run(pool, 16, draw_one, drawings);
    thread_pool_free(pool);
    for (int i = 0; i < 16; i++) {
        assert_int_equal(drawings[i].status, MIEN_OK);
        assert_string_equal(drawings[i].text.data, drawings[0].text.data);
    }
    for (int i = 0; i < 16; i++)
        text_free(&drawings[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ending_of_the_path_chooses_the_format),
        cmocka_unit_test(a_chart_that_cannot_be_written_leaves_an_error),
        cmocka_unit_test(every_bar_tells_its_value),
        cmocka_unit_test(bars_lie_down_where_their_labels_would_collide),
        cmocka_unit_test(every_cell_of_a_heat_map_tells_row_column_and_value),
        cmocka_unit_test(every_id_of_an_element_carries_its_prefix),
        cmocka_unit_test(texts_are_never_markup),
        cmocka_unit_test(base_64_matches_the_examples_of_its_standard),
        cmocka_unit_test(numbers_that_are_not_finite_leave_gaps),
        cmocka_unit_test(a_chart_of_nothing_but_gaps_is_drawn),
        cmocka_unit_test(a_description_out_of_bounds_is_refused_in_words),
        cmocka_unit_test(lines_across_axes_tell_what_they_are_at_their_ends),
        cmocka_unit_test(ticks_are_round_numbers_within_the_axis),
        cmocka_unit_test(an_axis_over_one_number_has_that_number_inside),
        cmocka_unit_test(numbers_are_grouped_by_thousands),
        cmocka_unit_test(sequential_colour_maps_grow_in_lightness),
        cmocka_unit_test(a_colour_map_keeps_its_ends_for_what_lies_outside),
        cmocka_unit_test(texts_and_series_stand_out_from_the_background),
        cmocka_unit_test(series_colours_differ_for_colour_blind_people),
        cmocka_unit_test(pictures_keep_their_grid_at_any_number),
        cmocka_unit_test(threads_that_draw_at_once_get_the_same_drawing),
    };
    return cmocka_run_group_tests_name("chart", tests, NULL, NULL);
}
