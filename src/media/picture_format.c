/* picture_format.c - the table of signatures.
 * SPDX-License-Identifier: MIT */
#include "media/picture_format.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* `bytes` bytes of `text` at `offset`, where '?' stands for any byte. The first match counts. */
static const struct signature {
    size_t offset, bytes;
    const char *text;
    struct picture_format format;
} signatures[] = {
    {0, 3, "\xff\xd8\xff", {"JPEG", AV_CODEC_ID_MJPEG, false}},
    {0, 8, "\x89PNG\r\n\x1a\n", {"PNG", AV_CODEC_ID_PNG, false}},
    {0, 6, "GIF8?a", {"GIF", AV_CODEC_ID_GIF, false}},
    {0, 12, "RIFF????WEBP", {"WebP", AV_CODEC_ID_WEBP, false}},
    {0, 4, "II*\0", {"TIFF", AV_CODEC_ID_TIFF, false}},
    {0, 4, "MM\0*", {"TIFF", AV_CODEC_ID_TIFF, false}},
    /* Two letters alone would match text; the information header's size follows 12 bytes on. */
    {0, 18, "BM????????????\x0c\0\0\0", {"BMP", AV_CODEC_ID_BMP, false}},
    {0, 18, "BM????????????\x28\0\0\0", {"BMP", AV_CODEC_ID_BMP, false}},
    {0, 18, "BM????????????\x34\0\0\0", {"BMP", AV_CODEC_ID_BMP, false}},
    {0, 18, "BM????????????\x38\0\0\0", {"BMP", AV_CODEC_ID_BMP, false}},
    {0, 18, "BM????????????\x40\0\0\0", {"BMP", AV_CODEC_ID_BMP, false}},
    {0, 18, "BM????????????\x6c\0\0\0", {"BMP", AV_CODEC_ID_BMP, false}},
    {0, 18, "BM????????????\x7c\0\0\0", {"BMP", AV_CODEC_ID_BMP, false}},
    {4, 8, "ftypavif", {"an AVIF picture", AV_CODEC_ID_NONE, false}},
    {4, 8, "ftypheic", {"a HEIC picture", AV_CODEC_ID_NONE, false}},
    {4, 8, "ftypheix", {"a HEIC picture", AV_CODEC_ID_NONE, false}},
    {4, 8, "ftypmif1", {"a HEIF picture", AV_CODEC_ID_NONE, false}},
    {4, 4, "ftyp", {"an MP4 or QuickTime video", AV_CODEC_ID_NONE, true}},
    {4, 4, "moov", {"a QuickTime video", AV_CODEC_ID_NONE, true}},
    {4, 4, "mdat", {"a QuickTime video", AV_CODEC_ID_NONE, true}},
    {4, 4, "wide", {"a QuickTime video", AV_CODEC_ID_NONE, true}},
    {0, 4, "\x1a\x45\xdf\xa3", {"a Matroska or WebM video", AV_CODEC_ID_NONE, true}},
    {0, 12, "RIFF????AVI ", {"an AVI video", AV_CODEC_ID_NONE, true}},
    {0, 4, "\0\0\1\xba", {"an MPEG video", AV_CODEC_ID_NONE, true}},
    {0, 4, "\0\0\1\xb3", {"an MPEG video", AV_CODEC_ID_NONE, true}},
    {0, 4, "\0\0\0\1", {"an H.264 or H.265 video", AV_CODEC_ID_NONE, true}},
    {0, 4, "FLV\1", {"a Flash video", AV_CODEC_ID_NONE, true}},
    {0, 5, "OggS\0", {"an Ogg video", AV_CODEC_ID_NONE, true}},
    {0, 4, "\x30\x26\xb2\x75", {"a Windows Media video", AV_CODEC_ID_NONE, true}},
    {0, 9, "YUV4MPEG2", {"a Y4M video", AV_CODEC_ID_NONE, true}},
    {0, 24, "nut/multimedia container", {"a NUT video", AV_CODEC_ID_NONE, true}},
    {0, 4, "DKIF", {"an IVF video", AV_CODEC_ID_NONE, true}},
    {0, 4, "%PDF", {"a PDF document", AV_CODEC_ID_NONE, false}},
};

static bool matches(const struct signature *signature, const uint8_t *data, size_t bytes)
{
    if (bytes < signature->offset + signature->bytes)
        return false;
    for (size_t i = 0; i < signature->bytes; i++)
        if (signature->text[i] != '?' && (uint8_t)signature->text[i] != data[signature->offset + i])
            return false;
    return true;
}

/* "P1" to "P6", or "P7" (PAM), and white space. */
static bool is_pnm(const uint8_t *data, size_t bytes)
{
    return bytes >= 3 && data[0] == 'P' && data[1] >= '1' && data[1] <= '7' && data[2] &&
           strchr(" \t\r\n", data[2]);
}

/* Packets of 188 bytes, each with its first byte. */
static bool is_transport_stream(const uint8_t *data, size_t bytes)
{
    return bytes > 2 * 188 && data[0] == 0x47 && data[188] == 0x47 && data[2 * 188] == 0x47;
}

static bool is_text(const uint8_t *data, size_t bytes)
{
    for (size_t i = 0; i < bytes && i < 512; i++)
        if (data[i] < 0x20 && (!data[i] || !strchr("\t\r\n\f", data[i])))
            return false;
    return true;
}

struct picture_format picture_format_of(const uint8_t *data, size_t bytes)
{
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++)
        if (matches(&signatures[i], data, bytes))
            return signatures[i].format;
    if (is_pnm(data, bytes))
        return (struct picture_format){"PNM", data[1] == '7' ? AV_CODEC_ID_PAM : AV_CODEC_ID_PPM,
                                       false};
    if (is_transport_stream(data, bytes))
        return (struct picture_format){"an MPEG transport stream", AV_CODEC_ID_NONE, true};
    return (struct picture_format){is_text(data, bytes) ? "text" : "data of an unknown kind",
                                   AV_CODEC_ID_NONE, false};
}

/* A pipe's bytes can be read only once, and its writer ends when a reader leaves. */
static bool is_regular(const char *path)
{
    struct stat facts;

    return !stat(path, &facts) && S_ISREG(facts.st_mode);
}

bool picture_format_of_file(const char *path, struct picture_format *ret_format)
{
    uint8_t start[512];
    /* O_NONBLOCK: should it have become a FIFO meanwhile. */
    int descriptor = is_regular(path) ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    ssize_t bytes = descriptor < 0 ? -1 : read(descriptor, start, sizeof start);

    if (descriptor >= 0)
        close(descriptor);
    if (bytes > 0)
        *ret_format = picture_format_of(start, (size_t)bytes);
    return bytes > 0;
}
