/* window.c - a window (SDL2) that shows the composed scene at its full density.
 * SPDX-License-Identifier: MIT */
#include <SDL.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "view.h"

struct window {
    SDL_Window *window;
    SDL_Renderer *renderer;
    SDL_Texture *texture;
    struct image canvas; /* of the texture's size */
    SDL_Rect windowed;   /* its place while it does not fill the screen */
};

bool view_window_possible(void)
{
    const char *driver = getenv("SDL_VIDEODRIVER");

    return getenv("DISPLAY") || getenv("WAYLAND_DISPLAY") || (driver && *driver);
}

static mien_status fail(const char *what, mien_error *err)
{
    return error_set(err, MIEN_EIO,
                     "%s: %s; --terminal shows the same in a terminal, --headless works without",
                     what, SDL_GetError());
}

static void window_close(void *state)
{
    struct window *w = state;

    if (w->texture)
        SDL_DestroyTexture(w->texture);
    if (w->renderer)
        SDL_DestroyRenderer(w->renderer);
    if (w->window)
        SDL_DestroyWindow(w->window);
    image_free(&w->canvas);
    free(w);
    SDL_QuitSubSystem(SDL_INIT_VIDEO);
}

/* The texture and the canvas in the size that the window has now, in pixels. */
static mien_status fit(struct window *w, mien_error *err)
{
    int width = 0, height = 0;
    mien_status status;

    if (SDL_GetRendererOutputSize(w->renderer, &width, &height))
        return fail("the window has no size", err);
    width = width < 1 ? 1 : width > 16384 ? 16384 : width;
    height = height < 1 ? 1 : height > 16384 ? 16384 : height;
    if (w->texture && w->canvas.width == width && w->canvas.height == height)
        return MIEN_OK;
    image_free(&w->canvas);
    if (w->texture)
        SDL_DestroyTexture(w->texture);
    w->texture = SDL_CreateTexture(w->renderer, SDL_PIXELFORMAT_RGB24, SDL_TEXTUREACCESS_STREAMING,
                                   width, height);
    if (!w->texture)
        return fail("the window's picture", err);
    status = image_new(width, height, 3, &w->canvas, err);
    return status;
}

/* Pixels a point: 1 on usual screens, 2 on dense ones. */
static float density(const struct window *w)
{
    int points = 0;

    SDL_GetWindowSize(w->window, &points, NULL);
    return points > 0 ? fmaxf(1, (float)w->canvas.width / (float)points) : 1;
}

static mien_status window_show(void *state, const struct scene *scene, mien_error *err)
{
    struct window *w = state;
    mien_status status = fit(w, err);

    if (!status)
        status = scene_compose(scene, density(w), &w->canvas, err);
    if (status)
        return status;
    if (SDL_UpdateTexture(w->texture, NULL, w->canvas.pixels, (int)w->canvas.stride) ||
        SDL_RenderCopy(w->renderer, w->texture, NULL, NULL))
        return fail("the window cannot be drawn", err);
    SDL_RenderPresent(w->renderer);
    return MIEN_OK;
}

static bool is_full(const struct window *w)
{
    return SDL_GetWindowFlags(w->window) & SDL_WINDOW_FULLSCREEN_DESKTOP;
}

static void place_at(struct window *w, const SDL_Rect *place)
{
    SDL_SetWindowPosition(w->window, place->x, place->y);
    SDL_SetWindowSize(w->window, place->w, place->h);
}

/* Without a window manager SDL only believes that the window fills the screen: we see to it. */
static void toggle_full_screen(struct window *w)
{
    int display = SDL_GetWindowDisplayIndex(w->window), above = 0, left = 0;
    SDL_Rect screen;

    if (is_full(w)) {
        SDL_SetWindowFullscreen(w->window, 0);
        place_at(w, &w->windowed);
        return;
    }
    SDL_GetWindowPosition(w->window, &w->windowed.x, &w->windowed.y);
    SDL_GetWindowSize(w->window, &w->windowed.w, &w->windowed.h);
    SDL_GetWindowBordersSize(w->window, &above, &left, NULL, NULL);
    w->windowed.x -= left; /* it will be placed with its frame */
    w->windowed.y -= above;
    if (!SDL_GetDisplayBounds(display < 0 ? 0 : display, &screen))
        place_at(w, &screen);
    SDL_SetWindowFullscreen(w->window, SDL_WINDOW_FULLSCREEN_DESKTOP);
}

static int key_of(struct window *w, const SDL_Event *event)
{
    SDL_Keycode key = event->key.keysym.sym;

    if (event->type == SDL_QUIT)
        return 'q';
    if (event->type == SDL_WINDOWEVENT)
        return VIEW_CHANGED;
    if (event->type != SDL_KEYDOWN || event->key.repeat)
        return VIEW_NOTHING;
    if (key == SDLK_ESCAPE && !is_full(w))
        return 'q';
    if (key == SDLK_f || key == SDLK_F11 || key == SDLK_ESCAPE) {
        toggle_full_screen(w);
        return VIEW_CHANGED;
    }
    return key > 0 && key < 128 ? (int)key : '?';
}

static int window_key(void *state, double wait_s)
{
    SDL_Event event;
    int key = VIEW_NOTHING;

    if (wait_s > 0 ? !SDL_WaitEventTimeout(&event, (int)ceil(1000 * wait_s))
                   : !SDL_PollEvent(&event))
        return VIEW_NOTHING;
    do
        key = key_of(state, &event);
    while (key == VIEW_NOTHING && SDL_PollEvent(&event));
    return key;
}

/* As large as the picture and its panel, if the screen has room. */
static SDL_Rect first_place(const struct view_options *options, const SDL_DisplayMode *mode)
{
    double w = options->width + (options->simple ? 0 : 250);
    double h = options->height * (options->simple ? 1 / 0.84 : 1) + (options->simple ? 0 : 24);
    double scale;

    scale = fmin(1, fmin(0.9 * mode->w / w, 0.85 * mode->h / h));
    w = fmax(240, w * scale);
    h = fmax(200, h * scale);
    return (SDL_Rect){(int)(mode->w - w) / 2, (int)(mode->h - h) / 2, (int)w, (int)h};
}

static mien_status open_window(const struct view_options *options, struct window *w,
                               mien_error *err)
{
    Uint32 flags = SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI;
    int place = options->full_screen ? 0 : (int)SDL_WINDOWPOS_UNDEFINED;
    SDL_DisplayMode mode = {.w = 1280, .h = 800};

    SDL_GetDesktopDisplayMode(0, &mode);
    w->windowed = first_place(options, &mode);
    if (options->full_screen) /* without a window manager nobody else makes it as large */
        w->window = SDL_CreateWindow(options->title, place, place, mode.w, mode.h,
                                     flags | SDL_WINDOW_FULLSCREEN_DESKTOP);
    else
        w->window =
            SDL_CreateWindow(options->title, place, place, w->windowed.w, w->windowed.h, flags);
    if (!w->window)
        return fail("no window", err);
    w->renderer = SDL_CreateRenderer(w->window, -1, SDL_RENDERER_PRESENTVSYNC);
    if (!w->renderer)
        w->renderer = SDL_CreateRenderer(w->window, -1, SDL_RENDERER_SOFTWARE);
    return w->renderer ? MIEN_OK : fail("no way to draw in a window", err);
}

/* SDL takes a driver that shows nothing where it finds no display. */
static bool shows_nothing(void)
{
    const char *driver = SDL_GetCurrentVideoDriver();

    return !getenv("SDL_VIDEODRIVER") &&
           (!driver || !strcmp(driver, "offscreen") || !strcmp(driver, "dummy"));
}

mien_status view_window_open(const struct view_options *options, struct view *ret_view,
                             mien_error *err)
{
    struct window *w;
    mien_status status;

    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1"); /* Ctrl-C is the program's own */
    SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "0");
    SDL_SetHint(SDL_HINT_RENDER_SCALE_QUALITY, "linear");
    if (SDL_InitSubSystem(SDL_INIT_VIDEO))
        return fail("no display", err);
    if (shows_nothing()) {
        SDL_QuitSubSystem(SDL_INIT_VIDEO);
        return error_set(err, MIEN_EIO,
                         "the display %s cannot be opened; --terminal shows the same in a "
                         "terminal, --headless works without",
                         getenv("DISPLAY") ? getenv("DISPLAY") : "");
    }
    w = calloc(1, sizeof *w);
    if (!w) {
        SDL_QuitSubSystem(SDL_INIT_VIDEO);
        return error_memory(err, sizeof *w);
    }
    status = open_window(options, w, err);
    if (status)
        window_close(w);
    else
        *ret_view = (struct view){w, window_show, window_key, window_close};
    return status;
}
