/* shown_lately.c - a ring of steps a person; who was not seen for longer than it lasts makes room.
 * SPDX-License-Identifier: MIT */
#include "shown_lately.h"

#include <math.h>
#include <string.h>

#include "scene.h"

static struct shown_person *find(const struct shown_lately *lately, int id)
{
    for (int i = 0; i < SHOWN_LATELY_PEOPLE; i++)
        if (lately->people[i].id == id)
            return (struct shown_person *)&lately->people[i];
    return NULL;
}

/* A place for a new person: a free one, or that of who was not seen for longest. */
static struct shown_person *find_place(struct shown_lately *lately)
{
    struct shown_person *oldest = &lately->people[0];

    for (int i = 0; i < SHOWN_LATELY_PEOPLE; i++) {
        struct shown_person *p = &lately->people[i];
        if (!p->id)
            return p;
        oldest = p->seen < oldest->seen ? p : oldest;
    }
    return oldest;
}

/* Who is seen again after at most so many steps has shown the same meanwhile: a camera may be slow.
 */
enum { GAP_STEPS = 4 };

static void fill_gap(struct shown_person *p, long step)
{
    long before = (long)floor(p->seen / SHOWN_LATELY_STEP_S);

    for (long i = before + 1; i < step && step - before <= GAP_STEPS; i++)
        p->shown[i % SHOWN_LATELY_STEPS] = p->shown[before % SHOWN_LATELY_STEPS];
}

/* Steps that nobody has shown anything in yet. */
static void go_on(struct shown_lately *lately, long step)
{
    long first =
        step - lately->step >= SHOWN_LATELY_STEPS ? step - SHOWN_LATELY_STEPS : lately->step;

    for (long i = first + 1; i <= step; i++)
        for (int k = 0; k < SHOWN_LATELY_PEOPLE; k++)
            lately->people[k].shown[i % SHOWN_LATELY_STEPS] = -1;
    lately->step = step;
}

void shown_lately_add(struct shown_lately *lately, double clock, const struct stream_face *faces,
                      size_t count)
{
    long step = (long)floor(clock / SHOWN_LATELY_STEP_S);

    if (!lately->begun)
        lately->step = step;
    lately->begun = true;
    go_on(lately, step);
    for (size_t i = 0; i < count; i++) {
        struct shown_person *p = find(lately, faces[i].id);
        if (!p) {
            p = find_place(lately);
            p->id = faces[i].id;
            memset(p->shown, -1, sizeof p->shown);
        } else {
            fill_gap(p, step);
        }
        p->seen = clock;
        if (scene_is_face(&faces[i].face))
            p->shown[step % SHOWN_LATELY_STEPS] = (signed char)faces[i].face.expression;
    }
}

int shown_lately_label(const struct shown_lately *lately, int id, int ago)
{
    const struct shown_person *p = find(lately, id);
    long step = lately->step - ago;

    return p && step >= 0 ? p->shown[step % SHOWN_LATELY_STEPS] : -1;
}
