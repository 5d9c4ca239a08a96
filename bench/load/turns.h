// What each of many connections is sent once in a while goes to one after another: members have clocks of their own, and none
// of a server's answers waits behind what a thousand of them say at one moment.
#pragma once
#include <sys/timerfd.h>

// Each connection has its turn once in so many ticks of the timer.
#define TURNS 64

// every: ms until a connection has its turn again.
static struct itimerspec inTurns(const int every) {
  const long long ns = every * 1000000LL / TURNS;
  const struct timespec tick = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
  return (struct itimerspec){.it_interval = tick, .it_value = tick};
}
