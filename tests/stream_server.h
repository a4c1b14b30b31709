/* stream_server.h - a server on loopback that sends a file to whoever asks for anything over HTTP,
 * over and over as a broadcaster does, and can be cut.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_STREAM_SERVER_H
#define TESTS_STREAM_SERVER_H

#include "tests/unit.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>

struct stream_server {
    char url[64];
    int socket;
    atomic_int visitor; /* -1: none */
    const char *file;   /* NULL: says nothing */
    int port;
    atomic_int visitors; /* that came so far */
    atomic_bool stop;
    pthread_t thread;
};

/* Sends the file's bytes until the visitor has gone. */
static inline void stream_server_send(int visitor, const char *path)
{
    static const char head[] = "HTTP/1.0 200 OK\r\n\r\n";
    char block[4096];
    FILE *file = fopen(path, "rb");
    bool there = send(visitor, head, sizeof head - 1, MSG_NOSIGNAL) > 0;

    assert_non_null(file);
    while (there) {
        size_t bytes = fread(block, 1, sizeof block, file);
        if (!bytes)
            break;
        there = send(visitor, block, bytes, MSG_NOSIGNAL) > 0;
    }
    fclose(file);
}

static inline void *stream_server_run(void *context)
{
    struct stream_server *server = context;
    char request[4096];

    while (!atomic_load(&server->stop)) {
        int visitor = accept(server->socket, NULL, NULL);
        if (visitor < 0)
            break;
        atomic_fetch_add(&server->visitors, 1);
        server->visitor = visitor;
        if (recv(visitor, request, sizeof request, 0) > 0) {
            if (server->file)
                stream_server_send(visitor, server->file);
            else
                recv(visitor, request, sizeof request, 0); /* until it has gone */
        }
        server->visitor = -1;
        close(visitor);
    }
    return NULL;
}

/* Port 0: any. */
static inline void stream_server_start(struct stream_server *server, int port, const char *file)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof address;
    int yes = 1;

    memset(server, 0, sizeof *server);
    server->file = file;
    server->visitor = -1;
    server->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(server->socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    assert_int_equal(bind(server->socket, (struct sockaddr *)&address, bytes), 0);
    assert_int_equal(listen(server->socket, 4), 0);
    getsockname(server->socket, (struct sockaddr *)&address, &bytes);
    server->port = ntohs(address.sin_port);
    snprintf(server->url, sizeof server->url, "http://127.0.0.1:%d/live.ts", server->port);
    assert_int_equal(pthread_create(&server->thread, NULL, stream_server_run, server), 0);
}

/* Nobody gets anything any more, nor finds the server. */
static inline void stream_server_stop(struct stream_server *server)
{
    atomic_store(&server->stop, true);
    shutdown(server->socket, SHUT_RDWR);
    if (server->visitor >= 0)
        shutdown(server->visitor, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->socket);
}

#endif
