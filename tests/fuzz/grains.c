// SPDX-License-Identifier: GPL-2.0-or-later
/* Pictures of reports: what is taken can be written, read again and painted, and redacted too. */
#include "targets.h"

#include <stdio.h>
#include <string.h>

#include "input.h"
#include "json.h"
#include "metrics.h"
#include "paint.h"
#include "redact.h"
#include "replay.h"
#include "view_summary.h"

static char *render(int (*write)(const struct np_snapshot *snapshot, FILE *out), const struct np_snapshot *snapshot)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	FUZZ_CHECK(out && write(snapshot, out) == 0 && fclose(out) == 0);
	return text;
}

static int write_map(const struct np_snapshot *snapshot, FILE *out)
{
	static const struct np_view view = { .color = true, .utf8 = true, .width = 80 };

	fuzz_use_locale(true);
	return np_paint_terminal(snapshot, &view, out);
}

static int write_summary(const struct np_snapshot *snapshot, FILE *out)
{
	static const struct np_view view = { .width = 40 };

	return np_view_summary(snapshot, &view, out);
}

static int (*const writers[])(const struct np_snapshot *snapshot, FILE *out) = {
	np_json_write, np_metrics_write, np_paint_svg, write_map, write_summary,
};

#define WRITERS (sizeof(writers) / sizeof(writers[0]))

static struct np_snapshot *read_again(const char *text)
{
	struct np_snapshot *snapshot = NULL;
	char *error = NULL;

	FUZZ_CHECK(np_replay_text(text, strlen(text), &snapshot, &error) == 0);
	return snapshot;
}

/* A writer says the same of it and of what its report holds. */
static void check_round_trip(const struct np_snapshot *snapshot, size_t writer)
{
	char *report = render(np_json_write, snapshot);
	struct np_snapshot *again = read_again(report);
	char *left = render(writers[writer], snapshot), *right = render(writers[writer], again);

	FUZZ_CHECK(strcmp(left, right) == 0);
	free(left);
	free(right);
	np_snapshot_destroy(again);
	free(report);
}

static void check_report(const char *text, size_t size, unsigned which)
{
	struct np_snapshot *snapshot = NULL;
	char *error = NULL;

	if (np_replay_text(text, size, &snapshot, &error) < 0) {
		FUZZ_CHECK(error && !strchr(error, '\n'));
		free(error);
		return;
	}
	if (which & 8)
		FUZZ_CHECK(np_redact(snapshot) == 0);
	if (which & 16)
		check_round_trip(snapshot, which % WRITERS);
	else
		free(render(writers[which % WRITERS], snapshot));
	np_snapshot_destroy(snapshot);
}

#define NODE(number) "{\"node\":" number ",\"cpus\":\"0\",\"memory_bytes\":1,\"free_bytes\":1,\"distances\":{\"0\":10,\"1\":20}}"
#define PAGES                                                                                                        \
	"\"pages\":{\"present\":{\"0\":9},\"hinted\":{},\"protnone\":{},\"resident\":9,\"zero\":0,\"special\":0,"    \
	"\"swapped\":0,\"migrating\":0,\"other\":0,\"device\":0,\"poisoned\":0,\"marker\":0,\"guard\":0,\"unknown\":0}," \
	"\"huge\":{\"thp_pages\":0,\"hugetlb_pages\":0,\"hinted_thp_pages\":0,\"protnone_thp_pages\":0}"
#define MAPPING(start, end)                                                                                          \
	"{\"start\":\"" start "\",\"end\":\"" end "\",\"perms\":\"rw-p\",\"offset\":0,\"path\":\"\",\"hugetlb\":false," \
	"\"page_bytes\":null,\"policy\":null," PAGES "}"

static const char before[] =
	"{\"schema\":1,\"numaprobe\":\"0\",\"taken\":null,\"redacted\":false,\"system\":{\"kernel\":\"6\",\"machine\":\"x\","
	"\"page_bytes\":4096,\"numa_balancing\":1,\"thp\":null,\"lockdown\":null,\"nodes\":[" NODE("0") "," NODE("1") "],"
	"\"vmstat\":{\"numa_pte_updates\":1,\"numa_huge_pte_updates\":1,\"numa_hint_faults\":1,\"numa_hint_faults_local\":1,"
	"\"numa_pages_migrated\":1}},\"targets\":[{\"pid\":1,\"command\":\"a\",\"threads\":1,\"start_ticks\":1,\"range\":null,"
	"\"source\":{\"name\":\"bpf\",\"exact\":true,\"elapsed_ns\":1,\"why_not_better\":null,\"how_hints\":null}," PAGES ","
	"\"balancing\":{\"preferred_node\":null,\"scan_seq\":null,\"pages_migrated\":null},\"mappings\":["
	MAPPING("0x1000", "0x9000") "," MAPPING("0x9000", "0x80000") "," MAPPING("0x7f0000001000", "0x7f8000000000") "],"
	"\"reports\":[],\"reads\":[],\"grains\":{\"bytes\":";
static const char after[] =
	"]}}],\"check\":{\"verdict\":\"unknown\",\"tests\":["
	"{\"name\":\"smaps-counts-protnone-thp\",\"verdict\":\"passes\",\"cause\":null,\"reason\":null},"
	"{\"name\":\"smaps-counts-protnone\",\"verdict\":\"passes\",\"cause\":null,\"reason\":null},"
	"{\"name\":\"move-pages-finds-protnone\",\"verdict\":\"passes\",\"cause\":null,\"reason\":null}]},\"problems\":[]}";

/*
 * The first byte is the size, the second what is made of it; the lines that follow are the rows of a picture in a report
 * that is well otherwise.
 */
void fuzz_grains(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	unsigned shift = take(&input) & 63, which = take(&input);
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	FUZZ_CHECK(out);
	fprintf(out, "%s%llu,\"rows\":[\"", before, 1ULL << shift);
	while (input.size) {
		int byte = (int)take(&input);

		if (byte == '\n')
			fputs("\",\"", out);
		else
			fputc(byte < ' ' || byte > '~' || byte == '"' || byte == '\\' ? '?' : byte, out);
	}
	fprintf(out, "\"%s", after);
	FUZZ_CHECK(fclose(out) == 0);
	check_report(text, length, which);
	free(text);
}
