/* findings_confusion.c - what is taken for what: the matrix in four views.
 * Rows are the actual label, columns the predicted one. L labels.
 * SPDX-License-Identifier: MIT */
#include "assessment/findings.h"

/* What a cell is a share of. */
enum view { VIEW_COUNTS, VIEW_BY_ROW, VIEW_BY_COLUMN, VIEW_OF_ALL, VIEWS };

static const struct {
    const char *name, *title, *caption;
} views[VIEWS] = {
    [VIEW_COUNTS] = {"confusion-counts", "Confusion, in pictures",
                     "Rows: the actual label. Columns: what the model said."},
    [VIEW_BY_ROW] = {"confusion-by-row", "Confusion, by actual label",
                     "Each row adds up to 100%: where the pictures of one label go. The diagonal "
                     "is recall."},
    [VIEW_BY_COLUMN] = {"confusion-by-column", "Confusion, by predicted label",
                        "Each column adds up to 100%: what is behind one answer. The diagonal is "
                        "precision."},
    [VIEW_OF_ALL] = {"confusion-of-all", "Confusion, in shares of all pictures",
                     "All cells add up to 100%, the diagonal to the accuracy."},
};

static double total_of(const struct metrics *m, enum view view, size_t row, size_t column)
{
    double total = 0;

    if (view == VIEW_OF_ALL)
        return (double)m->count;
    for (size_t c = 0; c < m->classes; c++)
        total += (double)(view == VIEW_BY_ROW ? m->confusion[row * m->classes + c]
                                              : m->confusion[c * m->classes + column]);
    return total;
}

static mien_status add_view(struct findings *findings, enum view view, mien_error *err)
{
    const struct metrics *m = findings->assessment->metrics;
    struct page *page = findings->page;
    double *values = arena_new(&page->arena, m->classes * m->classes, sizeof *values);
    struct chart *chart = page_chart(page, CHART_HEAT_MAP, views[view].title);

    if (!values || !chart)
        return page_no_memory(err);
    for (size_t cell = 0; cell < m->classes * m->classes; cell++) {
        double total =
            view == VIEW_COUNTS ? 1 : total_of(m, view, cell / m->classes, cell % m->classes);
        values[cell] = total > 0 ? (double)m->confusion[cell] / total : 0;
    }
    chart->x_label = "predicted label";
    chart->y_label = "actual label";
    chart->heat_map = (struct chart_heat_map){.values = values,
                                              .rows = m->classes,
                                              .columns = m->classes,
                                              .row_labels = findings->names,
                                              .column_labels = findings->names,
                                              .colour_map = COLOUR_MAP_BLUES,
                                              .decimals = view == VIEW_OF_ALL ? 1 : 0,
                                              .percent = view != VIEW_COUNTS};
    report_figure(&page->report, views[view].name, chart, views[view].caption);
    return MIEN_OK;
}

json_t *findings_confusion_json(const struct metrics *m)
{
    json_t *rows = json_array();

    for (size_t row = 0; row < m->classes; row++) {
        json_t *columns = json_array();
        for (size_t c = 0; c < m->classes; c++)
            json_array_append_new(columns,
                                  json_integer((json_int_t)m->confusion[row * m->classes + c]));
        json_array_append_new(rows, columns);
    }
    return rows;
}

mien_status findings_confusion(struct findings *findings, mien_error *err)
{
    mien_status status = MIEN_OK;

    json_object_set_new(findings->page->summary, "confusion",
                        findings_confusion_json(findings->assessment->metrics));
    report_section(&findings->page->report, "confusion", "Confusion");
    if (findings->assessment->classes > FINDINGS_LABELS) {
        report_paragraph(&findings->page->report,
                         "More than %d labels: the matrix is in summary.json alone.",
                         FINDINGS_LABELS);
        return MIEN_OK;
    }
    for (int view = 0; view < VIEWS && !status; view++)
        status = add_view(findings, (enum view)view, err);
    return status;
}
