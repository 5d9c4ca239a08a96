// The least any server can do: whatever a sender writes goes to each receiver of its room, one send for each arrival.
// First line of a connection: R or S, and the room. floor <port>
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOCKETS 20000
#define ROOMS 256
#define MEMBERS 8192
static int roomOf[SOCKETS];
static int members[ROOMS][MEMBERS], count[ROOMS];
static char buffer[1 << 16];

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  const struct rlimit files = {SOCKETS, SOCKETS};
  setrlimit(RLIMIT_NOFILE, &files);
  const int on = 1, server = socket(AF_INET, SOCK_STREAM, 0), poll = epoll_create1(0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(server, (struct sockaddr *)&address, sizeof address) || listen(server, 4096)) return 3;
  struct epoll_event event = {.events = EPOLLIN, .data.fd = server}, ready[256];
  epoll_ctl(poll, EPOLL_CTL_ADD, server, &event);
  for (;;) {
    const int number = epoll_wait(poll, ready, 256, -1);
    for (int k = 0; k < number; k++) {
      const int from = ready[k].data.fd;
      if (from == server) {
        const int socket = accept(server, NULL, NULL);
        if (socket < 0 || socket >= SOCKETS) continue;
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        roomOf[socket] = -1;
        event.data.fd = socket;
        epoll_ctl(poll, EPOLL_CTL_ADD, socket, &event);
        continue;
      }
      const ssize_t length = recv(from, buffer, sizeof buffer, 0);
      if (length <= 0) {
        for (int room = 0; room < ROOMS; room++)
          for (int m = 0; m < count[room]; m++)
            if (members[room][m] == from) members[room][m--] = members[room][--count[room]];
        close(from);
      } else if (roomOf[from] < 0) {
        const int room = atoi(buffer + 1) % ROOMS;
        roomOf[from] = room;
        if (buffer[0] == 'R' && count[room] < MEMBERS) members[room][count[room]++] = from;
        if (send(from, "joined\n", 7, 0) < 0) continue;
      } else {
        const int room = roomOf[from];
        for (int m = 0; m < count[room]; m++)
          if (send(members[room][m], buffer, length, MSG_NOSIGNAL) < 0) continue;
      }
    }
  }
}
