/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --watch: look again and again, until somebody says stop or nothing is left. */
#include "watch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "escape.h"
#include "files.h"
#include "follow.h"
#include "json.h"
#include "metrics.h"
#include "parse_vmstat.h"
#include "report.h"
#include "screen.h"
#include "select.h"
#include "take.h"
#include "view_problems.h"
#include "view_vmas.h"
#include "view_watch.h"

#define SECOND_NS 1000000000ULL

/* A process that is selected: followed, or the reason why not. */
struct watched {
	pid_t pid;
	bool named, selected;
	struct np_follow *follow; /* NULL: it can't be read */
	const char *what;
	int error;
};

struct watch {
	struct np_options options; /* as the user's, but for what lines need */
	const struct np_view *view;
	struct np_taking taking;
	pid_t walker_pid;
	struct np_snapshot *snapshot, *told; /* told: problems that were printed */
	size_t count;
	struct watched *watched; /* in the order of the selection */
	uint64_t selected_ns, looked_ns, interval_ns;
	struct np_vmstat vmstat_before;
	struct np_screen screen; /* fd -1: lines are appended */
	struct np_line_widths widths;
	int stop_fd;
	uint64_t looks;
	bool partial, anything;
	char *failure; /* what has failed, where its error alone would not tell; owned */
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

static struct watched *find(struct watch *watch, pid_t pid)
{
	for (size_t i = 0; i < watch->count; i++)
		if (watch->watched[i].pid == pid)
			return &watch->watched[i];
	return NULL;
}

static int add(struct watch *watch, const struct np_selected *selected)
{
	struct watched watched = { .pid = selected->pid, .named = selected->named, .selected = true };
	struct watched *more;
	int result;

	watch->taking.measure.only_with_memory = !selected->named;
	result = np_follow_start(&watch->taking.measure, selected->pid, &watched.follow, &watched.what);
	if (result == -ENOMEM || (result == -ESRCH && !selected->named))
		return result == -ENOMEM ? result : 0;
	watched.error = -result;
	more = reallocarray(watch->watched, watch->count + 1, sizeof(*more));
	if (!more) {
		np_follow_stop(watched.follow);
		return -ENOMEM;
	}
	watch->watched = more;
	more[watch->count++] = watched;
	return 0;
}

static void drop(struct watch *watch, size_t index)
{
	np_follow_stop(watch->watched[index].follow);
	memmove(&watch->watched[index], &watch->watched[index + 1],
		(--watch->count - index) * sizeof(*watch->watched));
}

/* Once, or for groups once a second: processes come and go. */
static int reselect(struct watch *watch)
{
	struct np_selection selection = { 0 };
	int result;

	if (watch->looks && (!np_options_select_groups(&watch->options) || now_ns() - watch->selected_ns < SECOND_NS))
		return 0;
	watch->selected_ns = now_ns();
	result = np_select(&watch->options, watch->taking.root_fd, watch->walker_pid, watch->snapshot, &selection);
	for (size_t i = 0; i < watch->count; i++)
		watch->watched[i].selected = false;
	for (size_t i = 0; !result && i < selection.count; i++) {
		struct watched *watched = find(watch, selection.selected[i].pid);

		if (watched)
			watched->selected = true;
		else
			result = add(watch, &selection.selected[i]);
	}
	for (size_t i = watch->count; !result && i-- > 0;)
		if (!watch->watched[i].selected)
			drop(watch, i);
	np_selection_free(&selection);
	return result;
}

/* One that can't be read is a target all the same. */
static int add_unreadable(struct watch *watch, const struct watched *watched)
{
	struct np_snapshot *snapshot = watch->snapshot;
	struct np_target *more = reallocarray(snapshot->targets, snapshot->target_count + 1, sizeof(*more));
	np_cleanup_close int dir_fd = -1;
	char path[32];

	if (!more)
		return -ENOMEM;
	snapshot->targets = more;
	more[snapshot->target_count] = (struct np_target){ .pid = watched->pid };
	if (np_tally_init(&more[snapshot->target_count].pages, snapshot->system.node_count) < 0)
		return -ENOMEM;
	snprintf(path, sizeof(path), "/proc/%d", (int)watched->pid);
	if (np_open(watch->taking.root_fd, path + 1, O_PATH | O_DIRECTORY, &dir_fd) == 0)
		np_measure_counters(dir_fd, &more[snapshot->target_count]);
	snapshot->target_count++;
	np_measure_unreadable(&watch->taking.measure, dir_fd, path, watched->what, watched->error);
	return 0;
}

static int look_at(struct watch *watch, size_t index, bool *ret_gone)
{
	struct watched *watched = &watch->watched[index];
	int result;

	*ret_gone = false;
	if (!watched->follow)
		return add_unreadable(watch, watched);
	result = np_follow_look(watched->follow, &watch->taking.measure, &watched->what);
	if (!result)
		watch->anything = true;
	*ret_gone = result == -ESRCH;
	if (!result || result == -ESRCH)
		return 0;
	if (result == -ENOMEM || result == -EPIPE || result == -EPROTO) /* the walker is gone too */
		return result;
	watched->error = result == -EAGAIN ? ESRCH : -result; /* the memory of this moment is gone: see no_memory_reason() */
	return add_unreadable(watch, watched);
}

static int look_at_all(struct watch *watch)
{
	int result = 0;

	for (size_t i = 0; !result && i < watch->count;) {
		bool gone;

		result = look_at(watch, i, &gone);
		if (gone)
			drop(watch, i);
		else
			i++;
	}
	return result;
}

static void read_vmstat(struct watch *watch)
{
	np_cleanup_text struct np_text text = { 0 };
	struct np_vmstat vmstat;

	watch->vmstat_before = watch->snapshot->system.vmstat;
	if (np_read_text(watch->taking.root_fd, "proc/vmstat", &text) == 0 &&
	    np_parse_vmstat(text.data, text.length, &vmstat) == 0)
		watch->snapshot->system.vmstat = vmstat;
}

static void set_taken(struct np_snapshot *snapshot)
{
	time_t now = time(NULL);
	struct tm utc;

	if (snapshot->taken && strlen(snapshot->taken) == sizeof("2026-01-31T12:00:00Z") - 1 && gmtime_r(&now, &utc))
		strftime(snapshot->taken, sizeof("2026-01-31T12:00:00Z"), "%Y-%m-%dT%H:%M:%SZ", &utc);
}

static bool was_told(const struct np_snapshot *told, const struct np_problem *problem)
{
	for (size_t i = 0; i < told->problem_count; i++)
		if (strcmp(told->problems[i].what, problem->what) == 0 &&
		    strcmp(told->problems[i].operation, problem->operation) == 0 && told->problems[i].error == problem->error)
			return true;
	return false;
}

/* Each problem is printed once, however often it comes. */
static int tell_problems(struct watch *watch, FILE *out)
{
	struct np_snapshot news = { 0 };
	struct np_view view = np_view_detect(stderr);
	int result;

	for (size_t i = 0; i < watch->snapshot->problem_count; i++) {
		const struct np_problem *problem = &watch->snapshot->problems[i];

		watch->partial = true;
		if (was_told(watch->told, problem))
			continue;
		np_problem_add(&news, problem->what, problem->operation, problem->error, "%s", problem->effect);
		np_problem_add(watch->told, problem->what, problem->operation, problem->error, "%s", problem->effect);
	}
	result = np_view_problems(&news, &view, out);
	np_snapshot_clear(&news);
	free(news.problems);
	return result;
}

static int show_frame(struct watch *watch)
{
	const struct np_vmstat *before = watch->looks > 1 ? &watch->vmstat_before : NULL;
	struct np_view view = np_view_detect(stdout); /* the terminal may be of another size by now */
	char *frame = NULL;
	size_t length;
	FILE *out = open_memstream(&frame, &length);
	int result;

	if (!out)
		return -ENOMEM;
	view.color = watch->view->color;
	view.bytes = watch->view->bytes;
	result = np_view_watch(watch->snapshot, before, watch->interval_ns, &watch->options, &view, out);
	if (!result)
		result = np_view_problems(watch->snapshot, &view, out);
	if (ferror(out))
		result = -ENOMEM;
	if (fclose(out) != 0 || !frame)
		result = -ENOMEM;
	watch->partial |= watch->snapshot->problem_count > 0;
	if (!result)
		result = np_screen_show(&watch->screen, frame);
	free(frame);
	return result;
}

/* The file that others read is whole at any moment. */
static int replace_metrics(struct watch *watch)
{
	const char *path = watch->options.metrics;
	int result = np_report_write(watch->snapshot, np_metrics_write, path, 0644);

	if (result && result != -ENOMEM && asprintf(&watch->failure, "%s: %s", path, strerror(-result)) < 0)
		watch->failure = NULL;
	return result ? result : tell_problems(watch, stderr);
}

static int show(struct watch *watch)
{
	int result;

	if (watch->screen.fd >= 0)
		return show_frame(watch);
	if (watch->options.format == NP_FORMAT_METRICS)
		return replace_metrics(watch);
	if (watch->options.format == NP_FORMAT_JSON)
		result = np_json_write_line(watch->snapshot, stdout);
	else
		result = np_view_lines(watch->snapshot, &watch->options, watch->view, &watch->widths, stdout);
	if (!result && fflush(stdout) != 0)
		result = -errno;
	return result ? result : tell_problems(watch, stderr);
}

/* A signal, or a reader of standard output that is gone, ends the wait. true: stop. Metrics have a file instead. */
static bool wait_until(struct watch *watch, uint64_t deadline_ns)
{
	bool prints = watch->options.format != NP_FORMAT_METRICS;
	struct pollfd fds[] = { { .fd = watch->stop_fd, .events = POLLIN }, { .fd = prints ? STDOUT_FILENO : -1 } };
	uint64_t now = now_ns(), rest = deadline_ns > now ? deadline_ns - now : 0;
	struct timespec timeout = { (time_t)(rest / SECOND_NS), (long)(rest % SECOND_NS) };

	return ppoll(fds, 2, &timeout, NULL) > 0;
}

static int look_once(struct watch *watch)
{
	uint64_t before = watch->looked_ns;
	int result;

	np_snapshot_clear(watch->snapshot);
	result = reselect(watch);
	if (!result)
		result = look_at_all(watch);
	if (result)
		return result;
	watch->looked_ns = now_ns();
	watch->interval_ns = watch->looked_ns - before;
	read_vmstat(watch);
	set_taken(watch->snapshot);
	watch->looks++;
	return 0;
}

static bool something_is_followed(const struct watch *watch)
{
	for (size_t i = 0; i < watch->count; i++)
		if (watch->watched[i].follow)
			return true;
	return false;
}

/* A walker in the foreground gets ^C too, and may end before this program asks it again. */
static int run(struct watch *watch)
{
	uint64_t next_ns = now_ns();

	for (;;) {
		int result = look_once(watch);

		if (result)
			return wait_until(watch, 0) ? 0 : result;
		if (!something_is_followed(watch)) {
			if (watch->looks > 1)
				return 0;
			np_take_nothing(watch->snapshot);
			return tell_problems(watch, stderr);
		}
		result = show(watch);
		if (result || watch->looks == watch->options.count)
			return result;
		next_ns += watch->options.watch_ns;
		if (next_ns < now_ns())
			next_ns = now_ns(); /* it takes longer than that: no rush to catch up */
		if (wait_until(watch, next_ns))
			return 0;
	}
}

/* Signals that end it are read from a descriptor, so that they end it between two looks. */
static int take_signals(int *ret_fd, sigset_t *ret_before)
{
	sigset_t stop;
	int fd;

	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &stop, ret_before) < 0)
		return -errno;
	fd = signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

/* Two descriptors for each process: as many as the system allows. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int start(struct watch *watch, struct np_walker *walker, int walker_error, char **ret_error)
{
	sigset_t before;
	int result;

	watch->snapshot = np_snapshot_create();
	watch->told = np_snapshot_create();
	if (!watch->snapshot || !watch->told)
		return -ENOMEM;
	watch->screen.fd = isatty(STDOUT_FILENO) && watch->options.format == NP_FORMAT_TEXT ? STDOUT_FILENO : -1;
	watch->options.columns.timed = watch->screen.fd < 0;
	raise_descriptor_limit();
	result = np_take_prepare(&watch->options, walker, walker_error, watch->snapshot, &watch->taking, ret_error);
	if (!result && watch->taking.refused)
		result = tell_problems(watch, stderr) ?: -ECANCELED;
	return result ? result : take_signals(&watch->stop_fd, &before);
}

static void stop(struct watch *watch)
{
	for (size_t i = 0; i < watch->count; i++)
		np_follow_stop(watch->watched[i].follow);
	free(watch->watched);
	free(watch->widths.widths);
	if (watch->stop_fd >= 0)
		close(watch->stop_fd);
	np_taking_free(&watch->taking);
	np_snapshot_destroy(watch->snapshot);
	np_snapshot_destroy(watch->told);
}

int np_watch(const struct np_options *options, struct np_walker *walker, int walker_error, const struct np_view *view,
	     bool *ret_partial, bool *ret_nothing, char **ret_error)
{
	struct watch watch = { .options = *options, .view = view, .walker_pid = np_walker_pid(walker), .stop_fd = -1,
			       .taking = { .root_fd = -1 } };
	int result = start(&watch, walker, walker_error, ret_error);

	if (!result)
		result = run(&watch);
	*ret_partial = watch.partial;
	*ret_nothing = !watch.anything;
	if (watch.failure)
		*ret_error = np_escape(watch.failure, false);
	free(watch.failure);
	stop(&watch);
	return result == -ECANCELED ? 0 : result;
}
