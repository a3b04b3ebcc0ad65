/*
 * The Linux kernel without a C library: the same file then loads under glibc and musl, and needs no other file.
 * Types and numbers are the kernel's own (linux-libc-dev).
 */
#pragma once
#include <asm/signal.h>
#include <asm/siginfo.h>
#include <asm/unistd.h>
#include <linux/errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
static inline long kernel(long number, long a, long b, long c, long d, long e) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = 0;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}
#elif defined(__aarch64__)
static inline long kernel(long number, long a, long b, long c, long d, long e) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = 0;
  __asm__ volatile("svc 0"
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                   : "memory");
  return x0;
}
#else
#error "eggcup's native part is made for x64 and arm64"
#endif

/** The last signal's number; a signal set is one bit for each of them. */
#define SIGNALS 64
#define SIGNAL_SET_BYTES 8

typedef uint64_t signal_set;

static inline signal_set bit_of(int signal) { return (signal_set)1 << (signal - 1); }

/** The kernel's `struct sigaction` (not the C library's). */
struct disposition {
  void (*handler)(int, siginfo_t *, void *);
  unsigned long flags;
#if defined(__x86_64__)
  void (*restorer)(void);
#endif
  signal_set mask;
};

/** How a signal is handled from now on; how it was handled is left in `before`. Either may be NULL. */
static inline long set_disposition(int signal, const struct disposition *next, struct disposition *before) {
  return kernel(__NR_rt_sigaction, signal, (long)next, (long)before, SIGNAL_SET_BYTES, 0);
}

/** Whether a call that gives an address has failed, with a negative errno. */
static inline bool is_error(long address) { return address < 0 && address > -4096; }

/** Zeroed memory of its own, or NULL. */
void *map(size_t bytes);
void unmap(void *address, size_t bytes);

/** A disposition that calls `handler`; interrupted system calls go on. */
struct disposition handled_by(void (*handler)(int, siginfo_t *, void *));
