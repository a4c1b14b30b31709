/* shown_lately.c - a ring of steps a person; who was not seen for longer than it lasts makes room.
 * SPDX-License-Identifier: MIT */
#include "shown_lately.h"

#include <math.h>
#include <string.h>

static struct history_person *find(const struct history *history, int id)
{
    for (int i = 0; i < HISTORY_PEOPLE; i++)
        if (history->people[i].id == id)
            return (struct history_person *)&history->people[i];
    return NULL;
}

/* A place for a new person: a free one, or that of who was not seen for longest. */
static struct history_person *find_place(struct history *history)
{
    struct history_person *oldest = &history->people[0];

    for (int i = 0; i < HISTORY_PEOPLE; i++) {
        struct history_person *p = &history->people[i];
        if (!p->id)
            return p;
        oldest = p->seen < oldest->seen ? p : oldest;
    }
    return oldest;
}

/* Steps that nobody has shown anything in yet. */
static void go_on(struct history *history, long step)
{
    long first = step - history->step >= HISTORY_STEPS ? step - HISTORY_STEPS : history->step;

    for (long i = first + 1; i <= step; i++)
        for (int k = 0; k < HISTORY_PEOPLE; k++)
            history->people[k].shown[i % HISTORY_STEPS] = -1;
    history->step = step;
}

void history_add(struct history *history, double clock, const struct stream_face *faces,
                 size_t count)
{
    long step = (long)floor(clock / HISTORY_STEP_S);

    if (!history->begun || step > history->step + 10 * HISTORY_STEPS)
        history->step = step;
    history->begun = true;
    go_on(history, step);
    for (size_t i = 0; i < count; i++) {
        struct history_person *p = find(history, faces[i].id);
        if (!p) {
            p = find_place(history);
            p->id = faces[i].id;
            memset(p->shown, -1, sizeof p->shown);
        }
        p->seen = clock;
        p->shown[step % HISTORY_STEPS] = (signed char)faces[i].face.expression;
    }
}

int history_shown(const struct history *history, int id, int ago)
{
    const struct history_person *p = find(history, id);
    long step = history->step - ago;

    return p && step >= 0 ? p->shown[step % HISTORY_STEPS] : -1;
}
