// Counts a three-byte mark in streams that are cut anywhere.
#pragma once
#include <string.h>
#include <sys/types.h>

// In front of what is read: the tail of what the same stream brought before.
#define TAIL_BYTES 2

static const char MARK[3] = {'@', '@', '#'};
static unsigned long long marks, bytes, reads;

struct tail {
  unsigned char kept[TAIL_BYTES];
  int length;
};

// data: behind TAIL_BYTES free bytes.
static void countMarks(struct tail *tail, unsigned char *data, const size_t length) {
  bytes += length;
  reads++;
  unsigned char *at = data - tail->length, *start = at, *end = data + length;
  memcpy(start, tail->kept, tail->length);
  while (at < end && (at = memmem(at, end - at, MARK, sizeof MARK))) {
    marks++;
    at += sizeof MARK;
  }
  tail->length = end - start < TAIL_BYTES ? (int)(end - start) : TAIL_BYTES;
  memcpy(tail->kept, end - tail->length, tail->length);
}

static int fromHex(const char *hex, unsigned char *out, const int room) {
  int length = 0;
  if (strcmp(hex, "-"))
    for (; hex[0] && hex[1] && length < room; hex += 2) sscanf(hex, "%2hhx", &out[length++]);
  return length;
}
