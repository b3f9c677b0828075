/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --watch: look again and again, until somebody says stop or nothing is left. */
#ifndef NUMAPROBE_WATCH_H
#define NUMAPROBE_WATCH_H

#include "options.h"
#include "view.h"
#include "walker.h"

/*
 * On standard output, or in the file of --openmetrics, and problems on standard error, each once. Ends at SIGINT,
 * SIGTERM, SIGHUP, after the count of looks, or with the last target.
 * 0; -EINVAL with one line in *ret_error; or -errno, maybe with a line there too. *ret_partial: something could not be
 * read; *ret_nothing: nothing could.
 */
int np_watch(const struct np_options *options, struct np_walker *walker, int walker_error, const struct np_view *view,
	     bool *ret_partial, bool *ret_nothing, char **ret_error);

#endif
