#!/usr/bin/env python3
# rtsp_server.py - a camera of the network for tests: RTSP over TCP on loopback.
# SPDX-License-Identifier: MIT
#
#   rtsp_server.py PORT VIDEO
#
# Prints "ready" when it listens. Plays VIDEO, whose packets are RTP that ffmpeg makes, to one visitor
# after the other, over and over, at its own speed.
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile


def start_packets(video):
    """(ffmpeg, the socket that its RTP packets come to, the description of them)"""
    packets = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    packets.bind(("127.0.0.1", 0))
    packets.settimeout(10)
    description = tempfile.NamedTemporaryFile(suffix=".sdp")
    ffmpeg = subprocess.Popen(
        ["ffmpeg", "-nostdin", "-v", "error", "-re", "-stream_loop", "-1", "-i", video, "-an",
         "-c", "copy", "-sdp_file", description.name, "-f", "rtp",
         f"rtp://127.0.0.1:{packets.getsockname()[1]}"])
    packets.recv(65536)  # its first packet: the description is written
    text = open(description.name).read()
    return ffmpeg, packets, re.sub(r"m=video \d+", "m=video 0", text)


def read_request(visitor):
    text = b""
    while not text.endswith(b"\r\n\r\n"):
        more = visitor.recv(1)
        if not more:
            return None
        text += more
    lines = text.decode().split("\r\n")
    fields = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
    return lines[0].split(" ")[0], fields


def answer(visitor, fields, *lines, body=""):
    head = ["RTSP/1.0 200 OK", f"CSeq: {fields['CSeq']}", *lines]
    if body:
        head += ["Content-Type: application/sdp", f"Content-Length: {len(body)}"]
    visitor.sendall(("\r\n".join(head) + "\r\n\r\n" + body).encode())


def serve(visitor, video):
    ffmpeg, packets, description = start_packets(video)
    try:
        while True:
            request = read_request(visitor)
            if not request:
                return
            method, fields = request
            if method == "DESCRIBE":
                answer(visitor, fields, body=description)
            elif method == "SETUP":
                answer(visitor, fields, "Transport: RTP/AVP/TCP;unicast;interleaved=0-1",
                       "Session: 1")
            elif method == "PLAY":
                answer(visitor, fields, "Session: 1")
                while True:
                    packet = packets.recv(65536)
                    visitor.sendall(b"$\0" + struct.pack(">H", len(packet)) + packet)
            else:
                answer(visitor, fields, "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN")
    finally:
        ffmpeg.kill()
        ffmpeg.wait()
        packets.close()


def main():
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    print("ready", flush=True)
    while True:
        visitor, _ = listener.accept()
        try:
            serve(visitor, sys.argv[2])
        except (ConnectionError, TimeoutError):
            pass
        visitor.close()


if __name__ == "__main__":
    os.setpgrp()  # who ends this ends ffmpeg, too: kill the group
    main()
