/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every view of a snapshot, called alike. */
#include "renderers.h"

#include "explain.h"
#include "json.h"
#include "metrics.h"
#include "options.h"
#include "paint.h"
#include "view_check.h"
#include "view_compare.h"
#include "view_experiment.h"
#include "view_problems.h"
#include "view_summary.h"
#include "view_threads.h"
#include "view_vmas.h"

int render_json(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out)
{
	(void)view;
	return np_json_write(snapshot, out);
}

int render_metrics(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out)
{
	(void)view;
	return np_metrics_write(snapshot, out);
}

int render_vmas(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out)
{
	const struct np_options options = { .vmas = true, .columns = { .all = true }, .format = NP_FORMAT_PAIRS };

	return np_view_vmas(snapshot, &options, view, out);
}

int render_table(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out)
{
	const struct np_options options = { .vmas = true, .columns = { .all = true } };

	return np_view_vmas(snapshot, &options, view, out);
}

int render_check(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out)
{
	return snapshot->kernel_check ? np_view_check(snapshot, view, out) : 0;
}

int render_svg(const struct np_snapshot *snapshot, const struct np_view *view, FILE *out)
{
	(void)view;
	return np_paint_svg(snapshot, out);
}

sample_renderer *const all_renderers[] = {
	render_json,	   render_vmas,	      render_table,	  render_metrics,   render_check,    np_view_summary,
	np_view_compare,   np_view_experiment, np_view_explain,	  np_view_problems, np_view_threads, np_paint_terminal,
	render_svg,	   NULL,
};
