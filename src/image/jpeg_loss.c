/* jpeg_loss.c - the lossy steps of JPEG on blocks of 8 x 8.
 * SPDX-License-Identifier: MIT */
#include "image/jpeg_loss.h"

#include <math.h>
#include <stdbool.h>

enum { SIDE = 8 };

/* The luminance quantiser of ITU-T T.81, table K.1. */
static const int luminance[SIDE][SIDE] = {
    {16, 11, 10, 16, 24, 40, 51, 61},     {12, 12, 14, 19, 26, 58, 60, 55},
    {14, 13, 16, 24, 40, 57, 69, 56},     {14, 17, 22, 29, 51, 87, 80, 62},
    {18, 22, 37, 56, 68, 109, 103, 77},   {24, 35, 55, 64, 81, 104, 113, 92},
    {49, 64, 78, 87, 103, 121, 120, 101}, {72, 92, 95, 98, 112, 100, 103, 99},
};

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* The step of a coefficient, 1 to 255. */
static double step(int row, int column, int quality)
{
    int scale = quality < 50 ? 5000 / quality : 200 - 2 * quality;
    int value = (luminance[row][column] * scale + 50) / 100;

    return value < 1 ? 1 : least(value, 255);
}

/* The orthonormal cosine basis: row u holds frequency u. */
static void fill_basis(double basis[SIDE][SIDE])
{
    const double pi = acos(-1);

    for (int u = 0; u < SIDE; u++)
        for (int x = 0; x < SIDE; x++)
            basis[u][x] = sqrt((u ? 2.0 : 1.0) / SIDE) * cos((2 * x + 1) * u * pi / (2 * SIDE));
}

/* block = basis x block x basis transposed; `back` undoes that. */
static void transform(double basis[SIDE][SIDE], bool back, double block[SIDE][SIDE])
{
    double half[SIDE][SIDE];

    for (int u = 0; u < SIDE; u++)
        for (int x = 0; x < SIDE; x++) {
            half[u][x] = 0;
            for (int y = 0; y < SIDE; y++)
                half[u][x] += (back ? basis[y][u] : basis[u][y]) * block[y][x];
        }
    for (int u = 0; u < SIDE; u++)
        for (int v = 0; v < SIDE; v++) {
            block[u][v] = 0;
            for (int x = 0; x < SIDE; x++)
                block[u][v] += half[u][x] * (back ? basis[x][v] : basis[v][x]);
        }
}

static void lose_block(struct image *image, int left, int top, int quality,
                       double basis[SIDE][SIDE])
{
    double block[SIDE][SIDE];

    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            block[y][x] =
                image_row(image,
                          least(top + y, image->height - 1))[least(left + x, image->width - 1)] -
                128.0;
    transform(basis, false, block);
    for (int u = 0; u < SIDE; u++)
        for (int v = 0; v < SIDE; v++) {
            double q = step(u, v, quality);
            block[u][v] = q * round(block[u][v] / q);
        }
    transform(basis, true, block);
    for (int y = 0; y < SIDE && top + y < image->height; y++)
        for (int x = 0; x < SIDE && left + x < image->width; x++)
            image_row(image, top + y)[left + x] =
                (uint8_t)fmax(0, fmin(255, round(block[y][x] + 128)));
}

void jpeg_loss(struct image *image, int quality)
{
    double basis[SIDE][SIDE];

    fill_basis(basis);
    for (int y = 0; y < image->height; y += SIDE)
        for (int x = 0; x < image->width; x += SIDE)
            lose_block(image, x, y, quality, basis);
}
