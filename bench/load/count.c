// Counts a three-byte mark in what arrives on inherited sockets, so that the receivers of a benchmark cost less than the server.
//
//   count <sockets> <keepalive hex or -> <keepalive ms>      sockets are file descriptors 3, 4, ...
//
// Each line on stdin is answered by "marks bytes reads" so far; end of stdin ends it. keepalive is written to every socket
// each so many ms, for servers that drop silent members: to one after another, as members have clocks of their own.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "marks.h"
#include "turns.h"

#define FIRST 3
static unsigned char buffer[1 << 20];

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  const int sockets = atoi(argv[1]), every = atoi(argv[3]);
  unsigned char keepalive[4096];
  const int keepaliveLength = fromHex(argv[2], keepalive, sizeof keepalive);
  struct tail *tails = calloc(sockets, sizeof *tails);
  const int poll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN};
  for (int k = 0; k < sockets; k++) {
    event.data.u64 = k;
    fcntl(FIRST + k, F_SETFL, fcntl(FIRST + k, F_GETFL) | O_NONBLOCK);
    if (epoll_ctl(poll, EPOLL_CTL_ADD, FIRST + k, &event)) return 3;
  }
  event.data.u64 = sockets;
  epoll_ctl(poll, EPOLL_CTL_ADD, 0, &event);
  const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  if (keepaliveLength > 0) {
    const struct itimerspec when = inTurns(every);
    timerfd_settime(timer, 0, &when, NULL);
    event.data.u64 = sockets + 1;
    epoll_ctl(poll, EPOLL_CTL_ADD, timer, &event);
  }
  struct epoll_event ready[256];
  unsigned turn = 0;
  for (;;) {
    const int number = epoll_wait(poll, ready, 256, -1);
    if (number < 0 && errno != EINTR) return 4;
    for (int k = 0; k < number; k++) {
      const unsigned long long which = ready[k].data.u64;
      if (which == (unsigned long long)sockets) {
        char line[256];
        const ssize_t length = read(0, line, sizeof line);
        if (length <= 0) return 0;
        for (ssize_t at = 0; at < length; at++)
          if (line[at] == '\n') printf("%llu %llu %llu\n", marks, bytes, reads);
        fflush(stdout);
      } else if (which == (unsigned long long)sockets + 1) {
        unsigned long long ticks;
        if (read(timer, &ticks, sizeof ticks) < 0) continue;
        for (; ticks > 0; ticks--, turn++)
          for (int socket = turn % TURNS; socket < sockets; socket += TURNS)
            if (write(FIRST + socket, keepalive, keepaliveLength) < 0) continue;
      } else {
        const ssize_t length = read(FIRST + which, buffer + TAIL_BYTES, sizeof buffer - TAIL_BYTES);
        if (length > 0) {
          countMarks(&tails[which], buffer + TAIL_BYTES, length);
        } else if (length == 0 || (errno != EAGAIN && errno != EINTR)) {
          fprintf(stderr, "a socket of the load was closed by the server\n");
          epoll_ctl(poll, EPOLL_CTL_DEL, FIRST + which, NULL);
        }
      }
    }
  }
}
