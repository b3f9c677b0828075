/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The columns of the tables of mappings and of processes: what they are called, what they mean, where their values are. */
#include "columns.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

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

static struct np_value none(void)
{
	return (struct np_value){ NP_VALUE_NONE, 0, NULL };
}

static struct np_value number_of(const struct np_fact *fact)
{
	if (!fact->known)
		return unknown();
	return fact->value < 0 ? none() : (struct np_value){ NP_VALUE_NUMBER, (uint64_t)fact->value, NULL };
}

static const struct np_tally *tally_of(const struct np_row *row)
{
	return row->mapping ? &row->mapping->pages : &row->target->pages;
}

#define GETTER(name)                                                                                         \
	static struct np_value name(const struct np_column *column __attribute__((unused)),                  \
				    const struct np_row *row, size_t node __attribute__((unused)))

GETTER(get_pid)
{
	if (row->total)
		return none();
	return (struct np_value){ NP_VALUE_NUMBER, (uint64_t)row->target->pid, NULL };
}

GETTER(get_command)
{
	return text_or_unknown(row->target->command);
}

GETTER(get_threads)
{
	return number_of(&row->target->threads);
}

GETTER(get_preferred)
{
	return row->total ? none() : number_of(&row->target->preferred_node);
}

/* Pages that are not on the target's preferred node, of those whose target has one. false: not known. */
static bool add_off_node(const struct np_system *system, const struct np_target *target, const struct np_tally *tally,
			 uint64_t *off, uint64_t *whole)
{
	size_t node, node_count = system->node_count;
	uint64_t resident = np_tally_resident(tally, node_count, SIZE_MAX);

	if (!target->preferred_node.known || np_tally_resident(tally, node_count, node_count) > 0)
		return false;
	if (target->preferred_node.value < 0)
		return true;
	node = np_node_index(system, (uint32_t)target->preferred_node.value);
	*off += resident - (node == SIZE_MAX ? 0 : np_tally_resident(tally, node_count, node));
	*whole += resident;
	return true;
}

static struct np_value share(uint64_t part, uint64_t whole)
{
	uint64_t parts = (uint64_t)((__extension__ (unsigned __int128)part * 10000 + whole / 2) / whole);

	if (part && !parts)
		parts = 1;
	if (part < whole && parts == 10000)
		parts = 9999;
	return (struct np_value){ NP_VALUE_SHARE, parts, NULL };
}

GETTER(get_off_node)
{
	uint64_t off = 0, whole = 0;
	bool known = true;

	if (!row->total)
		known = add_off_node(row->system, row->target, tally_of(row), &off, &whole);
	for (size_t i = 0; row->total && i < row->total->target_count; i++)
		if (row->total->targets[i].readable)
			known &= add_off_node(row->system, &row->total->targets[i], &row->total->targets[i].pages, &off,
					      &whole);
	if (!known)
		return unknown();
	return whole ? share(off, whole) : none();
}

GETTER(get_time)
{
	return row->target->rates ? text_or_unknown(row->target->rates->time) : unknown();
}

/* So much since the walk before, by the second; nothing is known of a first walk. */
static struct np_value rate_of(const struct np_row *row, const struct np_fact *change)
{
	if (!change->known || !row->target->rates->interval_ns)
		return unknown();
	return (struct np_value){ NP_VALUE_RATE, np_rate((uint64_t)change->value, row->target->rates->interval_ns), NULL };
}

/* Of the process: how much of it is a mapping's is not known. */
#define RATE_GETTER(name, change)                                                                \
	GETTER(name)                                                                             \
	{                                                                                        \
		return row->target->rates && !row->mapping ? rate_of(row, &row->target->rates->change) : \
							     unknown();                             \
	}

RATE_GETTER(get_made, made)
RATE_GETTER(get_cleared, cleared)
RATE_GETTER(get_moved, moved)
RATE_GETTER(get_faults, minor_faults)

GETTER(get_scans)
{
	return row->total ? none() : number_of(&row->target->scan_seq);
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
	return pages(np_tally_resident(tally_of(row), row->system->node_count, SIZE_MAX));
}

static struct np_value state_unless_mixed(const struct np_row *row, enum np_resident state)
{
	const struct np_tally *tally = tally_of(row);

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
	return pages(np_tally_state(tally_of(row), row->system->node_count, NP_R_PROTNONE));
}

static struct np_value get_node(const struct np_column *column __attribute__((unused)), const struct np_row *row,
				size_t node)
{
	return pages(np_tally_resident(tally_of(row), row->system->node_count, node));
}

GETTER(get_nodeless)
{
	return pages(np_tally_resident(tally_of(row), row->system->node_count, row->system->node_count));
}

static struct np_value pages_of(struct np_fact fact)
{
	return fact.known ? pages((uint64_t)fact.value) : unknown();
}

GETTER(get_other)
{
	return pages_of(np_tally_other(tally_of(row)));
}

static struct np_value get_counter(const struct np_column *column, const struct np_row *row,
				   size_t node __attribute__((unused)))
{
	return pages_of(np_tally_counter(tally_of(row), column->counter));
}

#define COUNTER(name) get_counter, offsetof(struct np_tally, name)

/* Short names make the rows of the table short enough to be read as one. */
#define DEFAULT NP_COLUMN_DEFAULT
#define RIGHT NP_COLUMN_RIGHT
#define PROCESS NP_COLUMN_PROCESS
#define RATE NP_COLUMN_RATE
#define STATIC NP_COLUMN_STATIC
#define MAPPING NP_COLUMN_MAPPING_ONLY

static const struct np_column columns[] = {
	{ "TIME", NP_COLUMN_SEVERAL | RATE, N_("when it was looked at (--watch)"), get_time, 0 },
	{ "PID", NP_COLUMN_SEVERAL | PROCESS | RIGHT, N_("process ID"), get_pid, 0 },
	{ "COMMAND", PROCESS, N_("command name of the process"), get_command, 0 },
	{ "THREADS", PROCESS | STATIC | RIGHT, N_("threads of the process"), get_threads, 0 },
	{ "START", DEFAULT | MAPPING | RIGHT, N_("address of the first byte"), get_start, 0 },
	{ "END", MAPPING | RIGHT, N_("address after the last byte"), get_end, 0 },
	{ "SIZE", DEFAULT | MAPPING | RIGHT, N_("size of the mapping"), get_size, 0 },
	{ "PERMS", DEFAULT | MAPPING, N_("permissions, and s for shared or p for private"), get_perms, 0 },
	{ "OFFSET", MAPPING | RIGHT, N_("offset into the file"), get_offset, 0 },
	{ "RESIDENT", DEFAULT | PROCESS | RIGHT, N_("in memory: PRESENT, HINTED and PROTNONE together"), get_resident, 0 },
	{ "PRESENT", RIGHT, N_("in memory; the next touch finds it without a fault"), get_present, 0 },
	{ "HINTED", DEFAULT | PROCESS | RIGHT, N_("in memory; NUMA balancing waits for the next touch"), get_hinted, 0 },
	{ "PROTNONE", DEFAULT | PROCESS | RIGHT, N_("in memory, in a mapping that allows no access"), get_protnone, 0 },
	{ "NODES", DEFAULT | PROCESS | RIGHT | NP_COLUMN_PER_NODE,
	  N_("resident on each node: one column a node, N0, N1, ..."), get_node, 0 },
	{ "NODELESS", RIGHT | NP_COLUMN_NODELESS, N_("resident on a node that is not known"), get_nodeless, 0 },
	{ "PREFERRED", PROCESS | STATIC | RIGHT, N_("node that NUMA balancing prefers for the main thread; -: none yet"),
	  get_preferred, 0 },
	{ "OFFNODE", PROCESS | RIGHT, N_("share of the resident memory that is on other nodes than that"),
	  get_off_node, 0 },
	{ "MADE", PROCESS | RATE | RIGHT, N_("pages hinted in a second (--watch)"), get_made, 0 },
	{ "CLEARED", PROCESS | RATE | RIGHT, N_("pages whose hint went in a second (--watch)"), get_cleared, 0 },
	{ "MOVED", PROCESS | RATE | RIGHT, N_("pages that came to another node in a second (--watch)"), get_moved, 0 },
	{ "FAULTS", PROCESS | RATE | RIGHT, N_("minor faults in a second, where asking is free (--watch)"), get_faults,
	  0 },
	{ "SCANS", PROCESS | RATE | RIGHT, N_("scans of NUMA balancing so far (--watch)"), get_scans, 0 },
	{ "THP", RIGHT, N_("resident, mapped as transparent huge pages"), COUNTER(thp) },
	{ "HUGETLB", RIGHT, N_("resident, mapped as hugetlbfs pages"), COUNTER(hugetlb) },
	{ "ZERO", RIGHT, N_("mapped to the shared zero page: no memory of the process"), COUNTER(zero) },
	{ "SPECIAL", RIGHT, N_("mapped to something that is not counted memory"), COUNTER(special) },
	{ "SWAPPED", PROCESS | STATIC | RIGHT, N_("swapped out"), COUNTER(swapped) },
	{ "MIGRATING", RIGHT, N_("on its way to another place"), COUNTER(migrating) },
	{ "OTHER", RIGHT, N_("device memory, poisoned, markers and guard regions"), get_other, 0 },
	{ "UNKNOWN", RIGHT, N_("could not be read"), COUNTER(unknown) },
	{ "POLICY", MAPPING | NP_COLUMN_NUMA_MAPS, N_("memory policy (reads numa_maps)"), get_policy, 0 },
	{ "PAGESIZE", MAPPING | RIGHT | NP_COLUMN_NUMA_MAPS, N_("size of the mapping's pages (reads numa_maps)"),
	  get_page_size, 0 },
	{ "PATH", DEFAULT | MAPPING | NP_COLUMN_PATH, N_("file or name of the mapping; empty for anonymous memory"), get_path,
	  0 },
};

#define COLUMN_COUNT (sizeof(columns) / sizeof(columns[0]))

const struct np_column *np_columns(size_t *ret_count)
{
	*ret_count = COLUMN_COUNT;
	return columns;
}

/* In any case of letters, as ASCII has them: in Turkish the lower case of I is another letter than i. */
static bool is_name(const char *name, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		int letter = (unsigned char)text[i];

		if (letter >= 'a' && letter <= 'z')
			letter += 'A' - 'a';
		if (letter != (unsigned char)name[i]) /* also where the name ends */
			return false;
	}
	return name[length] == '\0';
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

		if (is_name(column->name, name, length)) {
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

	if (ref->column->flags & NP_COLUMN_MAPPING_ONLY && !row->mapping)
		return none();
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
	if (left->kind == NP_VALUE_NONE || right->kind == NP_VALUE_NONE)
		return (right->kind == NP_VALUE_NONE) - (left->kind == NP_VALUE_NONE);
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
	case NP_VALUE_NONE:
		return strdup(NP_VIEW_NONE);
	case NP_VALUE_TEXT:
		return verbatim ? strdup(value->text) : np_escape(value->text, view->utf8);
	case NP_VALUE_PAGES:
		np_format_bytes(np_pages_to_bytes(value->number, page_bytes), view->bytes, buffer);
		break;
	case NP_VALUE_BYTES:
		np_format_bytes(value->number, view->bytes, buffer);
		break;
	case NP_VALUE_SHARE:
		np_format_percent(value->number, 10000, buffer);
		memcpy(strchrnul(buffer, ' '), "%", sizeof("%")); /* a blank would part a raw column */
		break;
	case NP_VALUE_RATE:
		np_format_rate(value->number, buffer);
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
	fprintf(out, "%s\n", _("Columns (* shown by default for mappings, + for processes; m only for mappings):"));
	for (size_t i = 0; i < COLUMN_COUNT; i++)
		fprintf(out, " %c%c %-10s %s\n",
			columns[i].flags & (NP_COLUMN_DEFAULT | NP_COLUMN_SEVERAL) && !(columns[i].flags & RATE) ? '*' : ' ',
			columns[i].flags & NP_COLUMN_MAPPING_ONLY ? 'm' : columns[i].flags & NP_COLUMN_PROCESS ? '+' : ' ',
			columns[i].name, _(columns[i].help));
}
