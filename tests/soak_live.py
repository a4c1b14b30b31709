#!/usr/bin/env python3
# soak_live.py - a looped film at full speed, recorded and logged: resident memory stays as it is.
#
#     MIEN=build/apps/cli/mien MAKE_FILM=build/tests/make_film tests/soak_live.py [SECONDS]
#
# SECONDS are counted after a minute in which everything finds its memory.
#
# SPDX-License-Identifier: MIT
import os
import statistics
import subprocess
import sys
import tempfile
import time

import tap

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 120
WARM_UP = 60
FACES = 10_000  # fewer tell nothing
MIEN, MAKE_FILM = os.environ["MIEN"], os.environ["MAKE_FILM"]


def resident_kb(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def fit_line(points):
    """Least squares: by how many kB an hour the line through the points rises, by how many in all, and
    their standard deviation around it."""
    times, sizes = [time for time, _ in points], [size for _, size in points]
    slope, start = statistics.linear_regression(times, sizes)
    noise = statistics.pstdev(size - slope * time - start for time, size in points)
    return 3600 * slope, slope * (times[-1] - times[0]), noise


def watch(process):
    """(seconds, kB), four times a second."""
    time.sleep(WARM_UP)
    start, points = time.monotonic(), []
    while time.monotonic() - start < SECONDS and process.poll() is None:
        time.sleep(0.25)
        points.append((time.monotonic() - start, resident_kb(process.pid)))
    assert process.poll() is None, "it ended by itself"
    return points


def memory_stays_flat_while_a_film_is_looped_at_full_speed():
    with tempfile.TemporaryDirectory() as folder:
        film, log, record = (os.path.join(folder, name) for name in ("film.mp4", "log.db", "record.mp4"))
        subprocess.run([MAKE_FILM, film, "5", "3", "320", "240"], check=True)
        loop = subprocess.Popen(["ffmpeg", "-nostdin", "-v", "error", "-stream_loop", "-1", "-i", film,
                                 "-c", "copy", "-f", "mpegts", "-"], stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL)
        frames = open(os.path.join(folder, "frames"), "w")
        live = subprocess.Popen([MIEN, "live", "-", "--headless", "--csv", "--log", log,
                                 "--record", record], stdin=loop.stdout, stdout=frames)
        loop.stdout.close()
        try:
            points = watch(live)
        finally:
            live.terminate()
            loop.kill()
            live.wait()
            loop.wait()
        faces = sum(1 for _ in open(frames.name)) - 1
        slope, rise, noise = fit_line(points)
        print(f"# {faces} faces; at the end {points[-1][1] / 1024:.1f} MiB; {slope / 1024:+.2f} MiB an "
              f"hour, {rise / 1024:+.2f} MiB in all, noise {noise / 1024:.2f} MiB")
        if faces < FACES:
            raise tap.Skip(f"the machine is too busy to tell: {faces} faces in {SECONDS:.0f} s")
        assert rise < max(2 * noise, 1024), "memory grows"


tap.run(memory_stays_flat_while_a_film_is_looped_at_full_speed)
