/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The columns of the mappings table: what they are called, what they mean, where their values are. */
#include "columns.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "escape.h"
#include "i18n.h"
#include "state.h"
#include "units.h"

static struct np_value pages(uint64_t number)
{
	return (struct np_value){ NP_VALUE_PAGES, number, NULL };
}

static struct np_value unknown(void)
{
	return (struct np_value){ NP_VALUE_UNKNOWN, 0, NULL };
}

static struct np_value text_or_unknown(const char *text)
{
	return (struct np_value){ text ? NP_VALUE_TEXT : NP_VALUE_UNKNOWN, 0, text };
}

#define GETTER(name)                                                                                         \
	static struct np_value name(const struct np_column *column __attribute__((unused)),                  \
				    const struct np_row *row, size_t node __attribute__((unused)))

GETTER(get_pid)
{
	return (struct np_value){ NP_VALUE_NUMBER, (uint64_t)row->target->pid, NULL };
}

GETTER(get_command)
{
	return text_or_unknown(row->target->command);
}

GETTER(get_start)
{
	return (struct np_value){ NP_VALUE_ADDRESS, row->mapping->start, NULL };
}

GETTER(get_end)
{
	return (struct np_value){ NP_VALUE_ADDRESS, row->mapping->end, NULL };
}

GETTER(get_size)
{
	return (struct np_value){ NP_VALUE_BYTES, row->mapping->end - row->mapping->start, NULL };
}

GETTER(get_perms)
{
	return text_or_unknown(row->mapping->perms);
}

GETTER(get_offset)
{
	return (struct np_value){ NP_VALUE_ADDRESS, row->mapping->offset, NULL };
}

GETTER(get_path)
{
	return text_or_unknown(row->mapping->path);
}

GETTER(get_policy)
{
	return text_or_unknown(row->mapping->policy);
}

GETTER(get_page_size)
{
	if (!row->mapping->page_bytes.known)
		return unknown();
	return (struct np_value){ NP_VALUE_BYTES, (uint64_t)row->mapping->page_bytes.value, NULL };
}

GETTER(get_resident)
{
	return pages(np_tally_resident(&row->mapping->pages, row->system->node_count, SIZE_MAX));
}

static struct np_value state_unless_mixed(const struct np_row *row, enum np_resident state)
{
	const struct np_tally *tally = &row->mapping->pages;

	if (!np_tally_hints_known(tally, row->system->node_count))
		return unknown();
	return pages(np_tally_state(tally, row->system->node_count, state));
}

GETTER(get_present)
{
	return state_unless_mixed(row, NP_R_PRESENT);
}

GETTER(get_hinted)
{
	return state_unless_mixed(row, NP_R_HINTED);
}

GETTER(get_protnone)
{
	return pages(np_tally_state(&row->mapping->pages, row->system->node_count, NP_R_PROTNONE));
}

static struct np_value get_node(const struct np_column *column __attribute__((unused)), const struct np_row *row,
				size_t node)
{
	return pages(np_tally_resident(&row->mapping->pages, row->system->node_count, node));
}

GETTER(get_nodeless)
{
	return pages(np_tally_resident(&row->mapping->pages, row->system->node_count, row->system->node_count));
}

GETTER(get_other)
{
	const struct np_tally *tally = &row->mapping->pages;

	return pages(tally->device + tally->poisoned + tally->marker + tally->guard);
}

static struct np_value get_counter(const struct np_column *column, const struct np_row *row,
				   size_t node __attribute__((unused)))
{
	uint64_t counter;

	memcpy(&counter, (const char *)&row->mapping->pages + column->counter, sizeof(counter));
	return pages(counter);
}

#define COUNTER(name) get_counter, offsetof(struct np_tally, name)

/* DEFAULT and RIGHT make the rows of the table short enough to be read as one. */
#define DEFAULT NP_COLUMN_DEFAULT
#define RIGHT NP_COLUMN_RIGHT

static const struct np_column columns[] = {
	{ "PID", NP_COLUMN_SEVERAL | RIGHT, N_("process ID"), get_pid, 0 },
	{ "COMMAND", 0, N_("command name of the process"), get_command, 0 },
	{ "START", DEFAULT | RIGHT, N_("address of the first byte"), get_start, 0 },
	{ "END", RIGHT, N_("address after the last byte"), get_end, 0 },
	{ "SIZE", DEFAULT | RIGHT, N_("size of the mapping"), get_size, 0 },
	{ "PERMS", DEFAULT, N_("permissions, and s for shared or p for private"), get_perms, 0 },
	{ "OFFSET", RIGHT, N_("offset into the file"), get_offset, 0 },
	{ "RESIDENT", DEFAULT | RIGHT, N_("in memory: PRESENT, HINTED and PROTNONE together"), get_resident, 0 },
	{ "PRESENT", RIGHT, N_("in memory; the next touch finds it without a fault"), get_present, 0 },
	{ "HINTED", DEFAULT | RIGHT, N_("in memory; NUMA balancing waits for the next touch"), get_hinted, 0 },
	{ "PROTNONE", DEFAULT | RIGHT, N_("in memory, in a mapping that allows no access"), get_protnone, 0 },
	{ "NODES", DEFAULT | RIGHT | NP_COLUMN_PER_NODE, N_("resident on each node: one column a node, N0, N1, ..."),
	  get_node, 0 },
	{ "NODELESS", RIGHT | NP_COLUMN_NODELESS, N_("resident on a node that is not known"), get_nodeless, 0 },
	{ "THP", RIGHT, N_("resident, mapped as transparent huge pages"), COUNTER(thp) },
	{ "HUGETLB", RIGHT, N_("resident, mapped as hugetlbfs pages"), COUNTER(hugetlb) },
	{ "ZERO", RIGHT, N_("mapped to the shared zero page: no memory of the process"), COUNTER(zero) },
	{ "SPECIAL", RIGHT, N_("mapped to something that is not counted memory"), COUNTER(special) },
	{ "SWAPPED", RIGHT, N_("swapped out"), COUNTER(swapped) },
	{ "MIGRATING", RIGHT, N_("on its way to another place"), COUNTER(migrating) },
	{ "OTHER", RIGHT, N_("device memory, poisoned, markers and guard regions"), get_other, 0 },
	{ "UNKNOWN", RIGHT, N_("could not be read"), COUNTER(unknown) },
	{ "POLICY", NP_COLUMN_NUMA_MAPS, N_("memory policy (reads numa_maps)"), get_policy, 0 },
	{ "PAGESIZE", RIGHT | NP_COLUMN_NUMA_MAPS, N_("size of the mapping's pages (reads numa_maps)"),
	  get_page_size, 0 },
	{ "PATH", DEFAULT | NP_COLUMN_PATH, N_("file or name of the mapping; empty for anonymous memory"), get_path,
	  0 },
};

#define COLUMN_COUNT (sizeof(columns) / sizeof(columns[0]))

const struct np_column *np_columns(size_t *ret_count)
{
	*ret_count = COLUMN_COUNT;
	return columns;
}

/* Numbers of nodes are small: NP_MAX_NODES bounds them, and keeps the sum from overflowing. */
static int parse_node(const char *digits, size_t length, uint32_t *ret)
{
	uint32_t node = 0;

	if (length == 0)
		return -1;
	for (size_t i = 0; i < length; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return -1;
		node = node * 10 + (uint32_t)(digits[i] - '0');
		if (node >= NP_MAX_NODES)
			return -1;
	}
	*ret = node;
	return 0;
}

static const struct np_column *column_per_node(void)
{
	const struct np_column *column = columns;

	while (!(column->flags & NP_COLUMN_PER_NODE))
		column++;
	return column;
}

int np_column_find(const char *name, size_t length, struct np_column_ref *ret)
{
	uint32_t node;

	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		const struct np_column *column = &columns[i];

		if (strncasecmp(column->name, name, length) == 0 && column->name[length] == '\0') {
			*ret = (struct np_column_ref){ column, column->flags & NP_COLUMN_PER_NODE ? NP_NODE_ALL : 0 };
			return 0;
		}
	}
	if (length > 1 && (*name == 'N' || *name == 'n') && parse_node(name + 1, length - 1, &node) == 0) {
		*ret = (struct np_column_ref){ column_per_node(), node };
		return 0;
	}
	return -EINVAL;
}

size_t np_node_index(const struct np_system *system, uint32_t number)
{
	for (size_t i = 0; i < system->node_count; i++)
		if (system->nodes[i].number == number)
			return i;
	return SIZE_MAX;
}

const char *np_column_heading(const struct np_column_ref *ref, char buffer[16])
{
	if (!(ref->column->flags & NP_COLUMN_PER_NODE) || ref->node == NP_NODE_ALL)
		return ref->column->name;
	snprintf(buffer, 16, "N%" PRIu32, ref->node);
	return buffer;
}

struct np_value np_column_value(const struct np_column_ref *ref, const struct np_row *row)
{
	size_t node = 0;

	if (ref->column->flags & NP_COLUMN_PER_NODE) {
		node = np_node_index(row->system, ref->node);
		if (node == SIZE_MAX)
			return unknown();
	}
	return ref->column->get(ref->column, row, node);
}

int np_value_compare(const struct np_value *left, const struct np_value *right)
{
	if (left->kind == NP_VALUE_UNKNOWN || right->kind == NP_VALUE_UNKNOWN)
		return (left->kind == NP_VALUE_UNKNOWN) - (right->kind == NP_VALUE_UNKNOWN);
	if (left->kind == NP_VALUE_TEXT)
		return strcmp(left->text, right->text);
	return (left->number > right->number) - (left->number < right->number);
}

char *np_value_format(const struct np_value *value, const struct np_view *view, unsigned page_bytes, bool verbatim)
{
	char buffer[NP_UNITS_SIZE];

	switch (value->kind) {
	case NP_VALUE_UNKNOWN:
		return strdup(NP_VIEW_UNKNOWN);
	case NP_VALUE_TEXT:
		return verbatim ? strdup(value->text) : np_escape(value->text, view->utf8);
	case NP_VALUE_PAGES:
		np_format_bytes(np_pages_to_bytes(value->number, page_bytes), view->bytes, buffer);
		break;
	case NP_VALUE_BYTES:
		np_format_bytes(value->number, view->bytes, buffer);
		break;
	case NP_VALUE_NUMBER:
		snprintf(buffer, sizeof(buffer), "%" PRIu64, value->number);
		break;
	case NP_VALUE_ADDRESS:
		snprintf(buffer, sizeof(buffer), "%" PRIx64, value->number);
		break;
	}
	return strdup(buffer);
}

void np_columns_print(FILE *out)
{
	fprintf(out, "%s\n", _("Columns of the mappings table (* shown by default):"));
	for (size_t i = 0; i < COLUMN_COUNT; i++)
		fprintf(out, " %c %-10s %s\n", columns[i].flags & (NP_COLUMN_DEFAULT | NP_COLUMN_SEVERAL) ? '*' : ' ',
			columns[i].name, _(columns[i].help));
}
