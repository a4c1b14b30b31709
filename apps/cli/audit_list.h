/* audit_list.h - the rows that an audit finds fault with, as a list for --exclude.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_AUDIT_LIST_H
#define CLI_AUDIT_LIST_H

#include <stdio.h>

#include "dataset/audit.h"

/* Why a row is on a list. */
enum audit_kind {
    AUDIT_KIND_LEAKS = 1,      /* an earlier part (train, validation, test) has its picture */
    AUDIT_KIND_NEAR_LEAKS = 2, /* ... a near-identical one */
    AUDIT_KIND_DUPLICATES = 4, /* an earlier row of its part has its picture */
    AUDIT_KIND_CONFLICTS = 8,  /* its picture has another label, too */
    AUDIT_KIND_BLANK = 16,
    AUDIT_KIND_CROPS = 32,
};

#define AUDIT_KIND_DEFAULTS "leaks,duplicates,blank"
#define AUDIT_KIND_NAMES "leaks, near-leaks, duplicates, conflicts, blank, crops"

/* Reads "leaks,blank". MIEN_EINVAL for a word that is none of AUDIT_KIND_NAMES. */
mien_status audit_kinds_parse(const char *words, int *ret_kinds, mien_error *err);

struct audit_findings {
    const struct dataset *dataset;
    const uint8_t *parts; /* (N) */
    const struct audit *audit;
    const struct audit_twins *twins;
};

/* Writes the rows with a fault among `kinds`, one a line with its reason as a comment. */
mien_status audit_list_write(const struct audit_findings *findings, int kinds, FILE *stream,
                             mien_error *err);

#endif
