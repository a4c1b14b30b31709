/* detector_report.h - measure a face detector and print its figures.
 * SPDX-License-Identifier: MIT */
#ifndef CLI_DETECTOR_REPORT_H
#define CLI_DETECTOR_REPORT_H

#include "base/thread_pool.h"
#include "network/network.h"
#include "training/detector_data.h"

/* Runs the detector over the pictures as they are and, with `conditions`, made harder in several
 * ways; prints tables or JSON lines on stdout. */
mien_status detector_report(const struct network *network, const struct detector_data *data,
                            struct thread_pool *pool, float threshold, bool conditions, bool json,
                            mien_error *err);

#endif
