#pragma once
// What Swift's Glibc module leaves out of Linux.
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

// prctl is variadic, which Swift cannot call.
static inline int deploy_linux_name_thread(const char *name) {
  return prctl(PR_SET_NAME, name, 0, 0, 0);
}

#include <sys/syscall.h>
#include <unistd.h>

// syscall is variadic too. Returns a descriptor that becomes readable when the process has ended.
static inline int deploy_linux_pidfd_open(int pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

// Declared by the C library only under _GNU_SOURCE.
extern int pipe2(int ends[2], int flags);
static inline int deploy_linux_pipe(int *ends, int flags) { return pipe2(ends, flags); }

extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int first);
// The started program inherits no descriptor from this number on.
static inline int deploy_linux_close_from(posix_spawn_file_actions_t *actions, int first) {
  return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

// POSIX_SPAWN_SETSID of posix_spawn(3), likewise: the program runs in its own session.
enum { DEPLOY_LINUX_SPAWN_IN_SESSION = 0x80 };

// No core file of this process is written, and no other process of the user reads its memory.
static inline int deploy_linux_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

// memfd_create(2) with MFD_CLOEXEC: a file in memory that has no name.
static inline int deploy_linux_memory_file(const char *label) {
  return (int)syscall(SYS_memfd_create, label, 1u);
}
