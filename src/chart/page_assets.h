/* page_assets.h - page.css and page.js as the build takes them into the library.
 * SPDX-License-Identifier: MIT */
#ifndef CHART_PAGE_ASSETS_H
#define CHART_PAGE_ASSETS_H

/* Lines with their newlines, ended by NULL. */
extern const char *const page_css[];
extern const char *const page_js[];

#endif
