/* pca_report.h - the page of `mien pca`: variance, eigenfaces, reconstructions, the plane of the
 * first two components, nearest neighbours.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_PCA_REPORT_H
#define CLI_PCA_REPORT_H

#include "knn_study.h"

/* Nearest neighbours by so many numbers a picture. */
struct pca_neighbours {
    const char *name; /* "2304 pixels", "250 components" */
    struct knn_measure measure;
    double index_seconds;
};

enum { PCA_NEIGHBOURS = 2, PCA_KS = 2 };
extern const size_t pca_ks[PCA_KS]; /* 1 and 19 */

/* What the page tells of, borrowed. */
struct pca_figures {
    const char *source; /* the data set's name */
    const struct dataset *dataset;
    const struct pca *pca; /* fitted on `train` */
    struct study_rows train, measured;
    const char *part; /* that `measured` is */
    double fit_seconds;
    const struct pca_neighbours *neighbours; /* (PCA_NEIGHBOURS) */
    struct thread_pool *pool;
};

/* Writes report.html and its figures into the folder, which exists. */
mien_status pca_report_write(const struct pca_figures *figures, const char *folder,
                             mien_error *err);

#endif
