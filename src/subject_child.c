// SPDX-License-Identifier: GPL-2.0-or-later
/* A subject's life: memory of known truth, and what it does with it when it is told. */
#include "subject_child.h"

#include <errno.h>
#include <fcntl.h>
#include <numaif.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "files.h"
#include "kvm_guest.h"
#include "parse_sched.h"
#include "parse_smaps.h"

#define PAGE_BYTES 4096UL
#define HUGE_BYTES (2UL << 20)
#define CHURN_BYTES (64UL << 10)
#define CHURN_PAUSE_NS 100000
#define PASSING_NS 10000000
#define SPIN_NS 5000000 /* between two looks at the balancer's counter */
#define WALL_LIMIT 8	/* on a busy machine processor time takes longer, but not for ever */

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22 /* 4ca9b3859dac, "mm/madvise: introduce MADV_POPULATE_(READ|WRITE)", Linux 5.14 */
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* 7d8faaf15545, "mm/madvise: introduce MADV_COLLAPSE sync hugepage collapse", Linux 6.1 */
#endif

static int root_fd = -1; /* "/" */
static volatile char sink;

static uint64_t time_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static char *pointer(uint64_t address)
{
	return (char *)(uintptr_t)address;
}

static void read_pages(const char *start, uint64_t pages)
{
	for (uint64_t i = 0; i < pages; i++)
		sink = *(const volatile char *)(start + i * PAGE_BYTES);
}

static void write_pages(char *start, uint64_t pages)
{
	for (uint64_t i = 0; i < pages; i++)
		*(volatile char *)(start + i * PAGE_BYTES) = 1;
}

static char *map_bytes(size_t bytes)
{
	char *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return start == MAP_FAILED ? NULL : start;
}

/*
 * Before f1a7941243c1 ("mm: convert mm's rss stats into percpu_counter", Linux 6.2) a thread counts its pages apart
 * and adds them up at every 65th fault. So many faults that add nothing: the zero page is not counted.
 */
static void settle_counters(void)
{
	const uint64_t pages = 128;
	char *start = map_bytes(pages * PAGE_BYTES);

	if (!start)
		return;
	madvise(start, pages * PAGE_BYTES, MADV_NOHUGEPAGE);
	read_pages(start, pages);
	munmap(start, pages * PAGE_BYTES);
}

/*
 * A mapping of its own: the kernel joins it to nothing, since what lies on either side is read-only, which it itself never
 * is. Advice about huge pages would not keep them apart: a kernel without any, PREEMPT_RT say, does not take it.
 */
static char *map_alone(uint64_t bytes)
{
	char *start = mmap(NULL, bytes + 2 * HUGE_BYTES, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (start == MAP_FAILED)
		return NULL;
	start = pointer(((uintptr_t)start + HUGE_BYTES) & ~(HUGE_BYTES - 1));
	return mprotect(start, bytes, PROT_READ | PROT_WRITE) == 0 ? start : NULL;
}

static int build_base(uint64_t pages, struct np_area *ret)
{
	char *start = map_alone(pages * PAGE_BYTES);

	if (!start)
		return -errno;
	madvise(start, pages * PAGE_BYTES, MADV_NOHUGEPAGE);
	write_pages(start, pages);
	*ret = (struct np_area){ (uintptr_t)start, pages };
	return 0;
}

/* While it is accessible and not yet hinted, smaps of every kernel is right about huge pages. */
static bool is_huge(const char *start, uint64_t bytes)
{
	np_cleanup_text struct np_text text = { 0 };
	struct np_smaps smaps = { 0 };
	uint64_t huge_bytes = 0, first = (uintptr_t)start;

	if (np_read_text(root_fd, "proc/self/smaps", &text) < 0 || np_parse_smaps(text.data, text.length, &smaps) < 0)
		return false;
	for (size_t i = 0; i < smaps.count; i++)
		if (smaps.maps[i].start >= first && smaps.maps[i].end <= first + bytes)
			huge_bytes += smaps.maps[i].bytes[NP_SMAPS_ANON_HUGE_PAGES];
	np_smaps_free(&smaps);
	return huge_bytes == bytes;
}

/* No huge page to be had is no error, but an area of no pages. */
static int build_huge(uint64_t pages, struct np_area *ret)
{
	uint64_t bytes = pages * PAGE_BYTES;
	char *start = map_alone(bytes);

	if (!start)
		return -errno;
	madvise(start, bytes, MADV_HUGEPAGE);
	write_pages(start, pages);
	madvise(start, bytes, MADV_COLLAPSE); /* also where huge pages are "never" for faults */
	*ret = (struct np_area){ (uintptr_t)start, is_huge(start, bytes) ? pages : 0 };
	return 0;
}

static void *sleep_for_ever(void *argument __attribute__((unused)))
{
	for (;;)
		pause();
	return NULL;
}

static int start_thread(void *(*run)(void *), void *argument)
{
	pthread_t thread;

	return -pthread_create(&thread, NULL, run, argument);
}

static int run_on(int cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		return 0;
	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) < 0 ? -errno : 0;
}

/*
 * The first scan comes after a second (scan_delay_ms) of processor time, if a second has passed since the process was
 * forked, or since its first thread was created; otherwise only after another one (init_numa_balancing() and
 * task_tick_numa() of kernel/sched/fair.c). So a thread is created before there is anything to do, and time passes.
 */
static int do_build(const uint64_t arguments[4], struct np_subject_answer *answer)
{
	const struct timespec pause = { 0, PASSING_NS };
	struct np_area base = { 0 }, huge = { 0 };
	int result = run_on((int)(int64_t)arguments[3]);

	/* A policy inherited from whoever started numaprobe may keep the balancer away: vma_policy_mof(). */
	if (!result && set_mempolicy(MPOL_DEFAULT, NULL, 0) < 0 && errno != ENOSYS)
		result = -errno;
	if (!result && arguments[2])
		result = start_thread(sleep_for_ever, NULL);
	if (!result && arguments[0])
		result = build_base(arguments[0], &base);
	if (!result && arguments[1])
		result = build_huge(arguments[1], &huge);
	settle_counters();
	nanosleep(&pause, NULL);
	answer->values[0] = base.start;
	answer->values[1] = base.pages;
	answer->values[2] = huge.start;
	answer->values[3] = huge.pages;
	return result;
}

static int do_protect(const uint64_t arguments[4], struct np_subject_answer *answer __attribute__((unused)))
{
	return mprotect(pointer(arguments[0]), arguments[1] * PAGE_BYTES, (int)arguments[2]) < 0 ? -errno : 0;
}

/*
 * Reads, not writes: a hint fault may leave an entry read-only, and a write would fault twice. The stack and the
 * code of this function are touched before, since they may be hinted too.
 */
static int do_touch(const uint64_t arguments[4], struct np_subject_answer *answer)
{
	struct rusage before = { 0 }, after;

	read_pages((const char *)&before, 1);
	getrusage(RUSAGE_THREAD, &after);
	getrusage(RUSAGE_THREAD, &before);
	read_pages(pointer(arguments[0]), arguments[1]);
	getrusage(RUSAGE_THREAD, &after);
	answer->values[0] = (uint64_t)(after.ru_minflt - before.ru_minflt);
	return 0;
}

/* mm->numa_scan_seq; unknown where this kernel doesn't show it. Reading sched takes no reference to the memory. */
static struct np_fact scans_so_far(void)
{
	np_cleanup_text struct np_text text = { 0 };
	struct np_sched sched;

	if (np_read_text(root_fd, "proc/self/sched", &text) < 0 || np_parse_sched(text.data, text.length, &sched) < 0)
		return NP_NOT_KNOWN;
	return sched.scan_seq;
}

static void spin(uint64_t nanoseconds)
{
	uint64_t start = time_ns(CLOCK_MONOTONIC);

	while (time_ns(CLOCK_MONOTONIC) - start < nanoseconds)
		sink = 1;
}

/* The balancer counts the time of a thread, and scans in its name: that of others, which map meanwhile, is not counted. */
static int do_burn(const uint64_t arguments[4], struct np_subject_answer *answer)
{
	uint64_t cpu_start = time_ns(CLOCK_THREAD_CPUTIME_ID), wall_start = time_ns(CLOCK_MONOTONIC), cpu = 0;
	struct np_fact start = scans_so_far(), now;

	do {
		spin(SPIN_NS);
		now = scans_so_far();
		cpu = time_ns(CLOCK_THREAD_CPUTIME_ID) - cpu_start;
	} while ((!now.known || (uint64_t)(now.value - start.value) < arguments[0]) && cpu < arguments[1] &&
		 time_ns(CLOCK_MONOTONIC) - wall_start < arguments[1] * WALL_LIMIT);
	answer->values[NP_BURN_SCANS] = now.known && start.known ? (uint64_t)(now.value - start.value) : 0;
	answer->values[NP_BURN_SCANS_KNOWN] = now.known && start.known;
	answer->values[NP_BURN_CPU_NS] = cpu;
	return 0;
}

/*
 * What the mapping thread counts, while told to. It pauses, so that without a reader the mmap lock is free nearly always,
 * and it takes little time from the thread that burns: what makes it wait, or scans fail, is the reader then.
 */
struct churn {
	volatile bool stop, stopped;
	uint64_t maps, wait_ns, worst_ns;
};

static void *churn(void *argument)
{
	const struct timespec pause = { 0, CHURN_PAUSE_NS };
	struct churn *churn = argument;

	while (!churn->stop) {
		uint64_t start, elapsed;
		char *area;

		nanosleep(&pause, NULL);
		start = time_ns(CLOCK_MONOTONIC);
		area = map_bytes(CHURN_BYTES);

		if (area)
			munmap(area, CHURN_BYTES);
		elapsed = time_ns(CLOCK_MONOTONIC) - start;
		churn->maps++;
		churn->wait_ns += elapsed;
		if (elapsed > churn->worst_ns)
			churn->worst_ns = elapsed;
	}
	churn->stopped = true;
	return NULL;
}

static int do_churn(const uint64_t arguments[4], struct np_subject_answer *answer)
{
	static struct churn counts;
	int result = start_thread(churn, &counts);

	if (result)
		return result;
	result = do_burn(arguments, answer);
	counts.stop = true;
	while (!counts.stopped)
		sched_yield();
	answer->values[NP_CHURN_MAPS] = counts.maps;
	answer->values[NP_CHURN_WAIT_NS] = counts.wait_ns;
	answer->values[NP_CHURN_WORST_NS] = counts.worst_ns;
	return result;
}

static int do_mincore(const uint64_t arguments[4], struct np_subject_answer *answer)
{
	unsigned char resident[512];

	for (uint64_t i = 0; i < arguments[1]; i += sizeof(resident)) {
		uint64_t pages = arguments[1] - i < sizeof(resident) ? arguments[1] - i : sizeof(resident);

		if (mincore(pointer(arguments[0] + i * PAGE_BYTES), pages * PAGE_BYTES, resident) < 0)
			return -errno;
		for (uint64_t k = 0; k < pages; k++)
			answer->values[0] += resident[k] & 1;
	}
	return 0;
}

static int do_read_vm(const uint64_t arguments[4], struct np_subject_answer *answer)
{
	for (uint64_t i = 0; i < arguments[1]; i++) {
		char byte;
		struct iovec local = { &byte, 1 }, remote = { pointer(arguments[0] + i * PAGE_BYTES), 1 };

		if (process_vm_readv(getpid(), &local, 1, &remote, 1, 0) != 1)
			return -errno;
	}
	answer->values[0] = arguments[1];
	return 0;
}

static int do_read_mem(const uint64_t arguments[4], struct np_subject_answer *answer)
{
	np_cleanup_close int fd = -1;
	int result = np_open(root_fd, "proc/self/mem", O_RDONLY, &fd);

	for (uint64_t i = 0; !result && i < arguments[1]; i++) {
		char byte;

		if (pread(fd, &byte, 1, (off_t)(arguments[0] + i * PAGE_BYTES)) != 1)
			result = -errno;
	}
	answer->values[0] = arguments[1];
	return result;
}

static int do_populate(const uint64_t arguments[4], struct np_subject_answer *answer __attribute__((unused)))
{
	return madvise(pointer(arguments[0]), arguments[1] * PAGE_BYTES, MADV_POPULATE_READ) < 0 ? -errno : 0;
}

static int do_run_guest(const uint64_t arguments[4], struct np_subject_answer *answer __attribute__((unused)))
{
	return np_kvm_guest_read(pointer(arguments[0]), arguments[1] * PAGE_BYTES);
}

static int (*const commands[NP_SUBJECT_COMMANDS])(const uint64_t arguments[4], struct np_subject_answer *answer) = {
	[NP_SUBJECT_BUILD] = do_build,		[NP_SUBJECT_PROTECT] = do_protect, [NP_SUBJECT_TOUCH] = do_touch,
	[NP_SUBJECT_BURN] = do_burn,		[NP_SUBJECT_CHURN] = do_churn,	   [NP_SUBJECT_MINCORE] = do_mincore,
	[NP_SUBJECT_READ_VM] = do_read_vm,	[NP_SUBJECT_READ_MEM] = do_read_mem, [NP_SUBJECT_POPULATE] = do_populate,
	[NP_SUBJECT_RUN_GUEST] = do_run_guest,
};

static void obey(int socket_fd)
{
	struct np_subject_request request;

	for (;;) {
		struct np_subject_answer answer = { 0 };
		ssize_t length = recv(socket_fd, &request, sizeof(request), 0);

		if (length < 0 && errno == EINTR)
			continue;
		if (length != sizeof(request) || request.command >= NP_SUBJECT_COMMANDS)
			return;
		answer.error = commands[request.command](request.arguments, &answer);
		if (send(socket_fd, &answer, sizeof(answer), MSG_NOSIGNAL) < 0)
			return;
	}
}

/* A signal from the terminal is for numaprobe, which ends this process. */
static void ignore_terminal(void)
{
	static const int numbers[] = { SIGINT, SIGQUIT, SIGTSTP, SIGHUP };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		signal(numbers[i], SIG_IGN);
}

void np_subject_live(int socket_fd, pid_t parent)
{
	const int kept_fd = 3;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) /* it died before it could be asked to take us along */
		_exit(1);
	/* A set-user-ID numaprobe has given its privilege up, but its memory is still not for its user's eyes. */
	prctl(PR_SET_DUMPABLE, 1);
	prctl(PR_SET_NAME, "numaprobe-test");
	ignore_terminal();
	if (dup2(socket_fd, kept_fd) < 0 || close_range(kept_fd + 1, ~0U, 0) < 0 || np_root_open("/", &root_fd) < 0)
		_exit(1);
	obey(kept_fd);
	_exit(0);
}
