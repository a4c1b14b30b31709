/* fuzz_dataset_csv.c - any bytes as a CSV: rows or a refusal, the same ones wherever the text is
 * cut and by whichever pixel parser. The first byte of the input chooses the size of the windows.
 * Built with -Dfuzz=true (fuzz/meson.build).
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "dataset/csv_reader.h"

enum { SIDE = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* What reading has led to. */
struct outcome {
    mien_status status;
    size_t count, skipped;
    uint8_t sha256[SHA256_BYTES];
};

static mien_status read_rows(struct csv_reader *reader, const uint8_t *text, size_t bytes,
                             size_t step, mien_error *err)
{
    size_t start, used;
    mien_status status = csv_reader_header(reader, text, bytes, true, &start, err);

    for (size_t end = start; !status && end < bytes;) {
        end = bytes - end > step ? end + step : bytes;
        status = csv_reader_rows(reader, text + start, end - start, end == bytes, &used, err);
        start += used;
    }
    return status ? status : csv_reader_finish(reader, err);
}

static struct outcome read_csv(const uint8_t *text, size_t bytes, size_t step, bool skip_bad,
                               const struct pixel_kernel *kernel)
{
    struct dataset_builder builder;
    struct csv_reader reader;
    struct outcome outcome;
    mien_error err = {.message = ""};

    dataset_builder_init(&builder, SIDE, 0);
    csv_reader_init(&reader, "x", &builder, skip_bad);
    reader.kernel = *kernel;
    memset(&outcome, 0, sizeof outcome);
    outcome.status = read_rows(&reader, text, bytes, step, &err);
    if (outcome.status && !err.message[0])
        abort(); /* a refusal without a reason */
    outcome.count = builder.data.count;
    outcome.skipped = builder.data.skipped;
    dataset_sha256(&builder.data, outcome.sha256);
    dataset_builder_free(&builder);
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct pixel_kernel kernels[PIXEL_KERNELS_MAX];
    size_t kernel_count = pixel_kernels(kernels), step;

    if (bytes == 0)
        return 0;
    step = 1 + (size_t)data[0] * 4;
    for (int skip_bad = 0; skip_bad < 2; skip_bad++) {
        struct outcome plain =
            read_csv(data + 1, bytes - 1, bytes, skip_bad, &kernels[kernel_count - 1]);
        for (size_t i = 0; i < kernel_count; i++) {
            struct outcome other = read_csv(data + 1, bytes - 1, step, skip_bad, &kernels[i]);
            if (memcmp(&plain, &other, sizeof plain))
                abort();
        }
    }
    return 0;
}
