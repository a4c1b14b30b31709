#!/usr/bin/env python3
# latency.py - from a camera's picture to the window: how old is what `mien live` shows?
#
#     bench/latency.py [BUILD [SECONDS [OPTIONS OF mien live]]]
#
# The camera is a virtual screen (Xvfb) that shows five drawn people, the window is on another one.
# Along the camera's lower edge a strip of black and white blocks shows the time of the day in
# milliseconds, new each millisecond, so that every picture carries the moment in which it was taken:
# what the camera itself needs is not part of the figure. This program looks at the window's pixels all
# the time and, whenever the strip there is a new one, subtracts what it says from the clock.
# SPDX-License-Identifier: MIT
import mmap
import os
import statistics
import subprocess
import sys
import tempfile
import time

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
SECONDS = float(sys.argv[2]) if len(sys.argv) > 2 else 20
WIDTH, HEIGHT = 640, 480
BITS, BLOCK = 16, 40  # of the time; pixels of a block


class Screen:
    """An Xvfb whose pixels lie in a file."""

    def __init__(self, folder, width, height):
        os.mkdir(folder)
        ready, tell = os.pipe()
        self.server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(tell), "-screen", "0", f"{width}x{height}x24", "-fbdir", folder,
             "-nolisten", "tcp"], pass_fds=[tell], stderr=subprocess.DEVNULL)
        os.close(tell)
        self.number = int(os.read(ready, 16))
        with open(os.path.join(folder, "Xvfb_screen0"), "r+b") as file:
            self.pixels = mmap.mmap(file.fileno(), 0)
        self.stride = 4 * width
        self.start = len(self.pixels) - self.stride * height

    def place(self, x, y):
        return self.start + self.stride * y + 4 * x


def gray_code(number):
    """Neighbours differ in one block: a picture taken in mid-change is wrong by a millisecond."""
    return number ^ number >> 1


def from_gray_code(code):
    for shift in (8, 4, 2, 1):
        code ^= code >> shift
    return code


def milliseconds():
    return time.time_ns() // 1000000 % (1 << BITS)


def paint_people(screen, folder):
    """A picture of the film that the other benches take."""
    film = os.path.join(folder, "film.mp4")
    subprocess.run([f"{BUILD}/tests/make_film", film, "0.1", "5", str(WIDTH), str(HEIGHT)], check=True)
    pixels = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", film, "-frames:v", "1", "-f",
                             "rawvideo", "-pix_fmt", "bgra", "-"], check=True, stdout=subprocess.PIPE).stdout
    screen.pixels[screen.place(0, 0):screen.place(0, HEIGHT)] = pixels


def paint_time(screen, now):
    code = gray_code(now)
    row = b"".join((b"\xff\xff\xff\0" if code >> bit & 1 else bytes(4)) * BLOCK for bit in range(BITS))
    for y in range(HEIGHT - BLOCK, HEIGHT):
        screen.pixels[screen.place(0, y):screen.place(WIDTH, y)] = row


def read_time(screen, left, top, scale):
    code = 0
    for bit in range(BITS):
        at = screen.place(int(left + scale * (bit + 0.5) * BLOCK), int(top + scale * (HEIGHT - BLOCK / 2)))
        code |= (screen.pixels[at + 1] > 127) << bit
    return from_gray_code(code)


def watch(camera, window, place):
    """The ages of the pictures in the window, in milliseconds, as they appear; and how often the
    clock was looked at."""
    ages, shown, begun, glances = [], None, time.monotonic(), 0
    while time.monotonic() - begun < SECONDS:
        now = milliseconds()
        paint_time(camera, now)
        seen, now = read_time(window, *place), milliseconds()
        age = (now - seen) % (1 << BITS)
        if seen != shown and age < 5000 and time.monotonic() - begun > 3:  # it has settled
            ages.append(age)
        shown = seen
        glances += 1
        time.sleep(0.0005)
    return ages, glances


def main():
    with tempfile.TemporaryDirectory() as folder:
        camera = Screen(os.path.join(folder, "camera"), WIDTH, HEIGHT)
        window = Screen(os.path.join(folder, "window"), 1280, 800)
        paint_people(camera, folder)
        live = subprocess.Popen(
            [f"{BUILD}/apps/cli/mien", "live", f"screen::{camera.number}.0", *sys.argv[3:]],
            env=dict(os.environ, DISPLAY=f":{window.number}"))
        try:
            time.sleep(2)
            # Without a window manager it lies in the screen's middle, the picture at its top left.
            width, height = WIDTH + 250, HEIGHT + 24
            ages, glances = watch(camera, window, ((1280 - width) // 2, (800 - height) // 2, 1))
        finally:
            live.terminate()
            live.wait()
            for screen in (camera, window):
                screen.server.terminate()
                screen.server.wait()
    ages.sort()
    print(f"{len(ages)} pictures, {glances / SECONDS:.0f} glances a second; from the camera to the "
          f"window: median {statistics.median(ages):.0f} ms, 95% within {ages[len(ages) * 95 // 100]} ms")


main()
