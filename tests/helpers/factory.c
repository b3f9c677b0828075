// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * np-factory: build mappings of known size, state and node, say on one line of JSON what was built,
 * and keep it. The tests compare what numaprobe sees with what this program did.
 *
 * After that line it obeys commands on standard input, one a line, and leaves at end of file:
 *	touch SPEC	read every page of that mapping; answers the minor faults that it took
 */
#include "factory.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static const char *const state_names[STATES] = { "present", "protnone", "resident", "zero", "swapped", "guard" };

size_t page_bytes;

void die(const char *format, ...)
{
	int error = errno;
	va_list args;

	va_start(args, format);
	fputs("np-factory: ", stderr);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, error ? ": %s\n" : "\n", strerror(error));
	exit(1);
}

void start_thread(void *(*run)(void *), void *argument)
{
	pthread_t thread;

	errno = pthread_create(&thread, NULL, run, argument);
	if (errno)
		die("pthread_create");
}

/* "64", "4K", "4M", "16T"; *rest is what follows. */
static size_t parse_size(const char *text, const char **rest)
{
	static const char units[] = "KMGT";
	char *end;
	size_t size = strtoull(text, &end, 10);
	const char *unit = *end ? strchr(units, *end) : NULL;

	if (unit) {
		size <<= 10 * (unit - units + 1);
		end++;
	}
	*rest = end;
	return size;
}

static void build(const char *spec, struct region *ret)
{
	size_t length = strcspn(spec, ":");
	const char *rest = "";

	*ret = (struct region){ .spec = spec };
	if (spec[length] == ':')
		ret->bytes = parse_size(spec + length + 1, &rest);
	if (!ret->bytes || (*rest && *rest++ != ':'))
		die("%s: want KIND:SIZE[:ARGUMENT]", spec);
	for (const struct kind *kind = kinds; kind->name; kind++) {
		if (strlen(kind->name) != length || strncmp(kind->name, spec, length) != 0)
			continue;
		ret->why_skipped = kind->build(ret, rest);
		if (!ret->why_skipped && !ret->on_node)
			ask_nodes(ret);
		return;
	}
	die("%s: unknown kind", spec);
}

/* The truth, as JSON. Specs are the test's own words: plain ASCII without quotes. */

static void print_nodes(const struct region *region)
{
	const char *comma = "";

	if (!region->on_node) {
		printf("null");
		return;
	}
	printf("{");
	for (int node = 0; node < MAX_NODES; node++) {
		if (!region->on_node[node])
			continue;
		printf("%s\"%d\":%" PRIu64, comma, node, region->on_node[node]);
		comma = ",";
	}
	printf("}");
}

static void print_region(const struct region *region)
{
	uint64_t absent = region->bytes / page_bytes;

	printf("{\"name\":\"%s\",\"start\":\"0x%" PRIxPTR "\",\"end\":\"0x%" PRIxPTR "\",\"pages\":{", region->spec,
	       (uintptr_t)region->start, (uintptr_t)region->start + region->bytes);
	for (int state = 0; state < STATES; state++) {
		printf("\"%s\":%" PRIu64 ",", state_names[state], region->pages[state]);
		absent -= region->pages[state];
	}
	printf("\"absent\":%" PRIu64 "},\"thp\":%" PRIu64 ",\"hugetlb\":%" PRIu64 ",\"nodes\":", absent, region->thp,
	       region->hugetlb);
	print_nodes(region);
	printf("}");
}

static void print_truth(const struct region *regions, int count)
{
	const char *comma = "";

	printf("{\"pid\":%d,\"child\":%d,\"page_bytes\":%zu,\"mappings\":[", getpid(), child, page_bytes);
	for (int i = 0; i < count; i++) {
		if (regions[i].why_skipped)
			continue;
		printf("%s", comma);
		print_region(&regions[i]);
		comma = ",";
	}
	printf("],\"skipped\":{");
	comma = "";
	for (int i = 0; i < count; i++) {
		if (!regions[i].why_skipped)
			continue;
		printf("%s\"%s\":\"%s\"", comma, regions[i].spec, regions[i].why_skipped);
		comma = ",";
	}
	printf("}}\n");
	fflush(stdout);
}

/*
 * Before f1a7941243c1 ("mm: convert mm's rss stats into percpu_counter", Linux 6.2) a thread counts its pages apart
 * and adds them up at every 65th fault; one fault may map 16 pages of a file, so VmRSS can lag by a thousand. So
 * many faults that add nothing, since the zero page is not counted.
 */
static void settle_counters(void)
{
	struct region area = { .bytes = 128 * page_bytes };

	if (map_region(&area, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1))
		return;
	only_base_pages(&area);
	read_pages(&area, 0, area.bytes);
	munmap(area.start, area.bytes);
}

/* After the truth */

static volatile unsigned spins;

static void *burn(void *argument UNUSED)
{
	for (;;)
		spins++;
	return NULL;
}

static void *idle(void *argument UNUSED)
{
	for (;;)
		pause();
	return NULL;
}

/*
 * Reads, not writes: a hint fault may leave the entry read-only, and a write would then fault twice.
 * This thread's faults alone, and none of its own variables, whose pages may be hinted too.
 */
static void touch(const struct region *region)
{
	struct rusage before, after;
	const struct region warm_up = { .start = (char *)&before };

	read_pages(&warm_up, 0, region->bytes ? 1 : 0);
	getrusage(RUSAGE_THREAD, &after);
	getrusage(RUSAGE_THREAD, &before);
	read_pages(region, 0, region->bytes);
	getrusage(RUSAGE_THREAD, &after);
	printf("{\"touched\":\"%s\",\"minflt\":%ld}\n", region->spec, after.ru_minflt - before.ru_minflt);
	fflush(stdout);
}

/* One thread that touches everything, round and round: what NUMA balancing leaves alone on a single node. */
static void __attribute__((noreturn)) spin(const struct region *regions, int count)
{
	for (;;)
		for (int i = 0; i < count; i++)
			if (regions[i].pages[PRESENT])
				read_pages(&regions[i], 0, regions[i].bytes);
}

static void obey(const struct region *regions, int count)
{
	char line[4096];

	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		for (int i = 0; i < count; i++)
			if (strncmp(line, "touch ", 6) == 0 && strcmp(line + 6, regions[i].spec) == 0)
				touch(&regions[i]);
	}
}

static void __attribute__((noreturn)) usage(FILE *out, int status)
{
	fprintf(out, "usage: np-factory [--threads N] [--burn] [--stop] SPEC...\n"
		     "  --threads N  so many threads more; they wait\n"
		     "  --burn       they burn processor time instead (one thread where none was asked for)\n"
		     "  --spin       this thread reads all that is present, round and round, and obeys nobody\n"
		     "  --stop       raise SIGSTOP when all is built and said\n"
		     "A SPEC is one of\n");
	for (const struct kind *kind = kinds; kind->name; kind++)
		fprintf(out, "  %s:%s\n", kind->name, kind->usage);
	exit(status);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "threads", required_argument, NULL, 't' }, { "burn", no_argument, NULL, 'b' },
		{ "spin", no_argument, NULL, 'p' },
		{ "stop", no_argument, NULL, 's' },	     { "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option, threads = 0, count;
	bool burning = false, spinning = false, stop = false;
	struct region *regions;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1)
		switch (option) {
		case 't':
			threads = atoi(optarg);
			break;
		case 'b':
			burning = true;
			break;
		case 'p':
			spinning = true;
			break;
		case 's':
			stop = true;
			break;
		default:
			usage(option == 'h' ? stdout : stderr, option == 'h' ? 0 : 2);
		}
	count = argc - optind;
	errno = 0;
	page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	regions = calloc((size_t)count + 1, sizeof(*regions));
	if (!regions)
		die("memory");

	/* A killed test must not leave this behind, least of all stopped. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = 0; i < count; i++)
		build(argv[optind + i], &regions[i]);
	for (int i = 0; i < (burning && !threads ? 1 : threads); i++)
		start_thread(burning ? burn : idle, NULL);
	settle_counters();
	print_truth(regions, count);
	if (stop)
		raise(SIGSTOP);
	if (spinning)
		spin(regions, count);
	obey(regions, count);
	return 0;
}
