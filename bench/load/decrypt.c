// The receivers of a benchmark over TLS 1.3: encrypted towards the server, in the clear towards the load while a member joins;
// from the moment the load closes its side, what still arrives is decrypted and a mark is counted in it.
//
//   decrypt <server port> <keepalive hex or -> <keepalive ms> <line or -> <psk identity or -> <psk hex or -> <exporter label or ->
//
// line: the server says a line in the clear before TLS begins. With a label the first 32 bytes towards the load are what TLS
// exports under it. First line on stdout: the port where the load connects. Then each line on stdin is answered by
// "marks bytes reads" so far; end of stdin ends it. keepalive goes to each server connection whose load side is closed.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "marks.h"
#include "turns.h"

#define CONNECTIONS 8192
#define BINDING_BYTES 32

struct connection {
  SSL *tls;
  int near;  // towards the load; -1: closed, so its marks are counted
  int far;   // -1: over
  struct tail tail;
};

enum { INPUT, TIMER, LISTENER, FIRST };  // epoll's numbers: then two for each connection, far and near
static struct connection connections[CONNECTIONS];
static int number;
static unsigned char buffer[1 << 17];
static const char *pskIdentity;
static unsigned char psk[64];
static int pskLength;

static unsigned int usePsk(SSL *tls, const char *hint, char *identity, unsigned int room, unsigned char *key, unsigned int keyRoom) {
  (void)tls, (void)hint;
  if (strlen(pskIdentity) >= room || (unsigned int)pskLength > keyRoom) return 0;
  strcpy(identity, pskIdentity);
  memcpy(key, psk, pskLength);
  return pskLength;
}

static int socketTo(const int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
  close(fd);
  return -1;
}

// While members join all is small: both sides may wait.
static void sendFar(struct connection *c, const unsigned char *data, const int length) {
  for (;;) {
    const int sent = SSL_write(c->tls, data, length);
    if (sent > 0) return;
    const int why = SSL_get_error(c->tls, sent);
    if (why != SSL_ERROR_WANT_WRITE && why != SSL_ERROR_WANT_READ) return;
    struct pollfd wait = {.fd = c->far, .events = why == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN};
    poll(&wait, 1, 1000);
  }
}

static void sendNear(struct connection *c, const unsigned char *data, ssize_t length) {
  while (length > 0) {
    const ssize_t sent = write(c->near, data, length);
    if (sent <= 0) return;
    data += sent;
    length -= sent;
  }
}

static void fromFar(struct connection *c) {
  for (;;) {
    const int length = SSL_read(c->tls, buffer + TAIL_BYTES, sizeof buffer - TAIL_BYTES);
    if (length > 0) {
      if (c->near < 0) countMarks(&c->tail, buffer + TAIL_BYTES, length);
      else sendNear(c, buffer + TAIL_BYTES, length);
      continue;
    }
    if (SSL_get_error(c->tls, length) == SSL_ERROR_WANT_READ) return;
    fprintf(stderr, "a connection of the load was closed by the server\n");
    ERR_clear_error();
    if (c->near >= 0) close(c->near);
    close(c->far);
    c->far = c->near = -1;
    return;
  }
}

static void fromNear(struct connection *c) {
  const ssize_t length = read(c->near, buffer, sizeof buffer);
  if (length > 0) return sendFar(c, buffer, (int)length);
  close(c->near);
  c->near = -1;
}

static void welcome(const int poll, const int near, SSL_CTX *context, const int port, const int hasLine, const char *label) {
  const int far = socketTo(port), on = 1;
  if (far < 0 || number == CONNECTIONS) {
    close(near);
    return;
  }
  setsockopt(near, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (hasLine)
    for (char byte = 0; byte != '\n';)
      if (read(far, &byte, 1) <= 0) break;
  struct connection *c = &connections[number];
  *c = (struct connection){.tls = SSL_new(context), .near = near, .far = far};
  SSL_set_fd(c->tls, far);
  if (SSL_connect(c->tls) != 1) {
    ERR_print_errors_fp(stderr);
    SSL_free(c->tls);
    close(near);
    close(far);
    return;
  }
  if (strcmp(label, "-")) {
    unsigned char binding[BINDING_BYTES];
    SSL_export_keying_material(c->tls, binding, sizeof binding, label, strlen(label), (const unsigned char *)"", 0, 1);
    sendNear(c, binding, sizeof binding);
  }
  fcntl(far, F_SETFL, fcntl(far, F_GETFL) | O_NONBLOCK);
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = FIRST + 2 * number};
  epoll_ctl(poll, EPOLL_CTL_ADD, far, &event);
  event.data.u64++;
  epoll_ctl(poll, EPOLL_CTL_ADD, near, &event);
  number++;
  fromFar(c);
}

int main(int argc, char **argv) {
  if (argc != 8) return 2;
  signal(SIGPIPE, SIG_IGN);
  const int port = atoi(argv[1]), every = atoi(argv[3]), hasLine = strcmp(argv[4], "-") != 0;
  unsigned char keepalive[4096];
  const int keepaliveLength = fromHex(argv[2], keepalive, sizeof keepalive);
  pskIdentity = argv[5];
  pskLength = fromHex(argv[6], psk, sizeof psk);

  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  // The same for all servers: what lanchat's links use.
  SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256");
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_mode(context, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  if (pskLength > 0) SSL_CTX_set_psk_client_callback(context, usePsk);

  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 1024)) return 3;
  getsockname(listener, (struct sockaddr *)&address, &size);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);

  const int poll = epoll_create1(0), timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = INPUT}, ready[256];
  epoll_ctl(poll, EPOLL_CTL_ADD, 0, &event);
  event.data.u64 = LISTENER;
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
  if (keepaliveLength > 0) {
    const struct itimerspec when = inTurns(every);
    timerfd_settime(timer, 0, &when, NULL);
    event.data.u64 = TIMER;
    epoll_ctl(poll, EPOLL_CTL_ADD, timer, &event);
  }
  unsigned turn = 0;
  for (;;) {
    const int count = epoll_wait(poll, ready, 256, -1);
    if (count < 0 && errno != EINTR) return 4;
    for (int k = 0; k < count; k++) {
      const unsigned long long which = ready[k].data.u64;
      if (which == INPUT) {
        char line[256];
        const ssize_t length = read(0, line, sizeof line);
        if (length <= 0) return 0;
        for (ssize_t at = 0; at < length; at++)
          if (line[at] == '\n') printf("%llu %llu %llu\n", marks, bytes, reads);
        fflush(stdout);
      } else if (which == TIMER) {
        unsigned long long ticks;
        if (read(timer, &ticks, sizeof ticks) < 0) continue;
        for (; ticks > 0; ticks--, turn++)
          for (int n = turn % TURNS; n < number; n += TURNS)
            if (connections[n].near < 0 && connections[n].far >= 0) sendFar(&connections[n], keepalive, keepaliveLength);
      } else if (which == LISTENER) {
        const int near = accept(listener, NULL, NULL);
        if (near >= 0) welcome(poll, near, context, port, hasLine, argv[7]);
      } else {
        struct connection *c = &connections[(which - FIRST) / 2];
        const int isNear = (which - FIRST) % 2;
        if (isNear && c->near >= 0) fromNear(c);
        else if (!isNear && c->far >= 0) fromFar(c);
      }
    }
  }
}
