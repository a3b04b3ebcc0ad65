#include "kernel.h"

enum { READ_WRITE = 3, PRIVATE_ANONYMOUS = 0x22 };

void *map(size_t bytes) {
  /* The sixth argument, an offset of 0, is what kernel() always gives. */
  const long address = kernel(__NR_mmap, 0, (long)bytes, READ_WRITE, PRIVATE_ANONYMOUS, -1);
  return is_error(address) ? NULL : (void *)address;
}

void unmap(void *address, size_t bytes) {
  if (address != NULL) kernel(__NR_munmap, (long)address, (long)bytes, 0, 0, 0);
}

#if defined(__x86_64__)
/* Where a handler returns to; elsewhere the kernel has its own. */
__asm__(".text\n"
        ".local leave_handler\n"
        ".type leave_handler, @function\n"
        "leave_handler:\n"
        "  mov $15, %eax\n" /* __NR_rt_sigreturn */
        "  syscall\n");
void leave_handler(void) __attribute__((visibility("hidden")));
#define RESTORER 0x04000000 /* SA_RESTORER */
#else
#define RESTORER 0
#endif

struct disposition handled_by(void (*handler)(int, siginfo_t *, void *)) {
  return (struct disposition){
      .handler = handler,
      .mask = ~(signal_set)0, /* libuv's handler, which may be called from ours, takes a lock. */
      .flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK | RESTORER,
#if defined(__x86_64__)
      .restorer = leave_handler,
#endif
  };
}

/* What a compiler calls by itself for structures. */
void *memset(void *target, int byte, size_t bytes) {
  char *to = target;
  for (size_t index = 0; index < bytes; index += 1) {
    __asm__ volatile("" ::: "memory"); /* Or the compiler makes of this loop a call of memset. */
    to[index] = (char)byte;
  }
  return target;
}

void *memcpy(void *target, const void *source, size_t bytes) {
  char *to = target;
  const char *from = source;
  for (size_t index = 0; index < bytes; index += 1) {
    __asm__ volatile("" ::: "memory");
    to[index] = from[index];
  }
  return target;
}
