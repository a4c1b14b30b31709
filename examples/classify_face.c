/* classify_face.c - the expression of a face that fills a grey picture.
 *
 *     cc classify_face.c -o classify_face $(pkg-config --cflags --libs mien)
 *     ./classify_face FACE.pgm
 *
 * The picture is a binary PGM of at most 2048 x 2048 pixels, as `convert x.jpg x.pgm` writes it.
 * SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>

#include <mien/mien.h>

static uint8_t pixels[2048 * 2048];

static int read_pgm(const char *path, mien_picture *picture)
{
    FILE *file = fopen(path, "rb");
    int width, height, most, read = 0;

    if (!file)
        return 0;
    if (fscanf(file, "P5 %d %d %d", &width, &height, &most) == 3 && fgetc(file) != EOF &&
        width >= 1 && height >= 1 && width <= 2048 && height <= 2048 && most == 255) {
        *picture = (mien_picture){pixels, width, height, 1, (size_t)width};
        read = fread(pixels, (size_t)width, (size_t)height, file) == (size_t)height;
    }
    fclose(file);
    return read;
}

int main(int argc, char **argv)
{
    mien_recognizer *recognizer = NULL;
    mien_workspace *workspace = NULL;
    mien_picture picture;
    mien_face face;
    mien_error err;
    int status = 1;

    if (argc != 2 || !read_pgm(argv[1], &picture)) {
        fprintf(stderr, "classify_face: needs one binary PGM of at most 2048 x 2048 pixels\n");
        return 2;
    }
    mien_box whole = {0, 0, (float)picture.width, (float)picture.height};

    if (mien_recognizer_open(NULL, &recognizer, &err) || /* NULL: the built-in model */
        mien_workspace_new(recognizer, &workspace, &err) ||
        mien_classify(recognizer, workspace, &picture, &whole, 1, &face, &err)) {
        fprintf(stderr, "classify_face: %s\n", err.message);
    } else {
        printf("%s %.2f\n", mien_label(recognizer, face.expression),
               face.probabilities[face.expression]);
        status = 0;
    }
    mien_workspace_free(workspace);
    mien_recognizer_close(recognizer);
    return status;
}
