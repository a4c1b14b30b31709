/* recognize.c - the faces in a photograph and what they express, with libmien alone.
 *
 *     cc recognize.c -o recognize $(pkg-config --cflags --libs mien)
 *     convert photo.jpg photo.ppm
 *     ./recognize photo.ppm
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include <mien/mien.h>

enum { FACES = 100 };

/* Reads a binary PPM or PGM, as most programs write them; the caller frees the pixels. */
static uint8_t *read_pnm(const char *path, mien_picture *picture)
{
    FILE *file = fopen(path, "rb");
    int kind, width, height, most;
    uint8_t *pixels = NULL;

    if (!file)
        return NULL;
    if (fscanf(file, "P%d %d %d %d", &kind, &width, &height, &most) == 4 && fgetc(file) != EOF &&
        (kind == 5 || kind == 6) && width >= 1 && width <= 65535 && height >= 1 &&
        height <= 65535 && most == 255) {
        size_t stride = (size_t)width * (kind == 6 ? 3 : 1);
        pixels = malloc(stride * (size_t)height);
        *picture = (mien_picture){pixels, width, height, kind == 6 ? 3 : 1, stride};
        if (pixels && fread(pixels, stride, (size_t)height, file) != (size_t)height) {
            free(pixels);
            pixels = NULL;
        }
    }
    fclose(file);
    return pixels;
}

static void print_faces(const mien_recognizer *recognizer, const mien_face *faces, size_t count)
{
    for (size_t i = 0; i < count; i++)
        printf("%.0f,%.0f,%.0f,%.0f %s %.2f\n", faces[i].box.x, faces[i].box.y, faces[i].box.w,
               faces[i].box.h, mien_label(recognizer, faces[i].expression),
               faces[i].probabilities[faces[i].expression]);
}

int main(int argc, char **argv)
{
    mien_recognizer *recognizer = NULL;
    mien_workspace *workspace = NULL;
    mien_picture picture;
    mien_face faces[FACES];
    size_t count;
    mien_error err;
    int status = 1;
    uint8_t *pixels = argc == 2 ? read_pnm(argv[1], &picture) : NULL;

    if (!pixels) {
        fprintf(stderr, "recognize: needs one picture, a binary PPM or PGM of 8 bits\n");
        return 2;
    }
    if (mien_recognizer_open(NULL, &recognizer, &err) || /* NULL: the built-in model */
        mien_workspace_new(recognizer, &workspace, &err) ||
        mien_recognize(recognizer, workspace, &picture, NULL, faces, FACES, &count, &err)) {
        fprintf(stderr, "recognize: %s\n", err.message);
    } else {
        print_faces(recognizer, faces, count);
        status = 0;
    }
    mien_workspace_free(workspace);
    mien_recognizer_close(recognizer);
    free(pixels);
    return status;
}
