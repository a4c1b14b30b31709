/* command_report.c - `mien report`: a session of a log as a page of figures.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "command.h"
#include "data_parts.h"
#include "output.h"
#include "session/session_page.h"
#include "session/session_story.h"

enum { BINS = 240 };

struct values {
    const char *out;
    int64_t session;
    bool force, json;
};

static const struct values defaults = {0};

static const struct option options[] = {
    {"out", 'o', "DIR", "folder for report.html, the figures and summary.json; made if missing",
     OPTION_STRING(struct values, out), .required = true},
    {"session", 0, "N", "which session of the log; 0 is the last one",
     OPTION_INTEGER(struct values, session, 0, 1e9)},
    OPTION_FORCE(struct values),
    OPTION_JSON(struct values),
    {0},
};

static mien_status report(const struct values *values, const char *path, mien_error *err)
{
    struct session_story story;
    mien_status status = data_parts_check_folder(values->out, values->force, err);

    if (!status)
        status = session_story_read(path, (long)values->session, BINS, &story, err);
    if (status)
        return status;
    status = data_parts_make_folder(values->out, err);
    if (!status)
        status = session_page_write(&story, values->out, NULL, err);
    if (!status && values->json)
        status = output_json(session_story_json(&story), err);
    else if (!status)
        printf("report    %s/report.html\n", values->out);
    session_story_free(&story);
    return status;
}

static int run(const struct command_line *line)
{
    mien_error err;

    if (report(line->values, line->arguments[0], &err))
        return command_failed(line, &err);
    return COMMAND_DONE;
}

const struct command command_report = {
    .name = "report",
    .summary = "Write a session log as a page of figures.",
    .arguments = "LOG",
    .details = "LOG is what mien live --log writes. The page shows what all faces and each person\n"
               "showed over time.\n",
    .options = options,
    .run = run,
    COMMAND_VALUES(struct values, &defaults),
};
