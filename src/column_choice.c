/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which columns of the mappings table are shown: from -o's list to one column for each node. */
#include "column_choice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int list_append(struct np_column_list *list, struct np_column_ref ref)
{
	struct np_column_ref *refs = reallocarray(list->refs, list->count + 1, sizeof(*refs));

	if (!refs)
		return -ENOMEM;
	refs[list->count++] = ref;
	list->refs = refs;
	return 0;
}

static int list_copy(const struct np_column_list *from, struct np_column_list *to)
{
	for (size_t i = 0; i < from->count; i++)
		if (list_append(to, from->refs[i]) < 0)
			return -ENOMEM;
	return 0;
}

static int list_parse(const char *names, struct np_column_list *list, const char **ret_unknown,
		      size_t *ret_unknown_length)
{
	for (;;) {
		size_t length = strcspn(names, ",");
		struct np_column_ref ref;

		if (np_column_find(names, length, &ref) < 0) {
			*ret_unknown = names;
			*ret_unknown_length = length;
			return -EINVAL;
		}
		if (list_append(list, ref) < 0)
			return -ENOMEM;
		if (names[length] == '\0')
			return 0;
		names += length + 1;
	}
}

int np_column_choice_parse(const char *list, struct np_column_choice *choice, const char **ret_unknown,
			   size_t *ret_unknown_length)
{
	bool add = *list == '+';
	struct np_column_choice wanted = { .processes = choice->processes, .watched = choice->watched,
					   .timed = choice->timed, .all = add && choice->all,
					   .listed = !add || choice->listed };
	int error = add ? list_copy(&choice->list, &wanted.list) : 0;

	if (!error)
		error = list_parse(list + add, &wanted.list, ret_unknown, ret_unknown_length);
	if (error < 0) {
		free(wanted.list.refs);
		return error;
	}
	free(choice->list.refs);
	*choice = wanted;
	return 0;
}

void np_column_choice_free(struct np_column_choice *choice)
{
	free(choice->list.refs);
	*choice = (struct np_column_choice){ 0 };
}

bool np_column_choice_needs_numa_maps(const struct np_column_choice *choice, const struct np_column_ref *sort)
{
	if (choice->all || (sort->column && sort->column->flags & NP_COLUMN_NUMA_MAPS))
		return true;
	for (size_t i = 0; i < choice->list.count; i++)
		if (choice->list.refs[i].column->flags & NP_COLUMN_NUMA_MAPS)
			return true;
	return false;
}

bool np_column_choice_needs_only_numa_maps(const struct np_column_choice *choice)
{
	for (size_t i = 0; i < choice->list.count; i++)
		if (!(choice->list.refs[i].column->flags & NP_COLUMN_NUMA_MAPS))
			return false;
	return true;
}

static bool names_missing_node(const struct np_column_ref *ref, const struct np_system *system)
{
	return ref->column && ref->column->flags & NP_COLUMN_PER_NODE && ref->node != NP_NODE_ALL &&
	       np_node_index(system, ref->node) == SIZE_MAX;
}

int64_t np_column_choice_missing_node(const struct np_column_choice *choice, const struct np_column_ref *sort,
				      const struct np_system *system)
{
	for (size_t i = 0; i < choice->list.count; i++)
		if (names_missing_node(&choice->list.refs[i], system))
			return choice->list.refs[i].node;
	return names_missing_node(sort, system) ? (int64_t)sort->node : -1;
}

bool np_column_choice_names_mappings(const struct np_column_choice *choice, const struct np_column_ref *sort)
{
	if (sort->column && sort->column->flags & NP_COLUMN_MAPPING_ONLY)
		return true;
	for (size_t i = 0; i < choice->list.count; i++)
		if (choice->list.refs[i].column->flags & NP_COLUMN_MAPPING_ONLY)
			return true;
	return false;
}

/* Some row of the table has pages on this node (an index; node_count for "not known"). */
static bool node_holds_pages(const struct np_column_choice *choice, const struct np_snapshot *snapshot, size_t node)
{
	for (size_t i = 0; i < snapshot->target_count; i++) {
		const struct np_target *target = &snapshot->targets[i];

		if (choice->processes && np_tally_resident(&target->pages, snapshot->system.node_count, node))
			return true;
		for (size_t j = 0; j < target->mapping_count; j++)
			if (np_tally_resident(&target->mappings[j].pages, snapshot->system.node_count, node))
				return true;
	}
	return false;
}

static bool node_in_use(const struct np_column_choice *choice, const struct np_snapshot *snapshot, size_t node)
{
	const struct np_fact *memory = &snapshot->system.nodes[node].memory_bytes;

	return !memory->known || memory->value > 0 || node_holds_pages(choice, snapshot, node);
}

static int append_nodes(const struct np_column_choice *choice, const struct np_snapshot *snapshot,
			const struct np_column *column, bool nodes_in_use, struct np_column_list *list)
{
	for (size_t i = 0; i < snapshot->system.node_count; i++) {
		struct np_column_ref ref = { column, snapshot->system.nodes[i].number };

		if (nodes_in_use && !node_in_use(choice, snapshot, i))
			continue;
		if (list_append(list, ref) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int append_expanded(const struct np_column_choice *choice, const struct np_snapshot *snapshot,
			   struct np_column_ref ref, bool nodes_in_use, struct np_column_list *list)
{
	if (ref.column->flags & NP_COLUMN_PER_NODE && ref.node == NP_NODE_ALL)
		return append_nodes(choice, snapshot, ref.column, nodes_in_use, list);
	return list_append(list, ref);
}

static bool column_chosen(const struct np_column_choice *choice, const struct np_snapshot *snapshot,
			  const struct np_column *column)
{
	if (choice->processes && column->flags & NP_COLUMN_MAPPING_ONLY)
		return false;
	if (column->flags & NP_COLUMN_RATE && !choice->watched)
		return false;
	if (choice->all)
		return true;
	if (choice->listed)
		return false;
	if (column->flags & NP_COLUMN_NODELESS)
		return node_holds_pages(choice, snapshot, snapshot->system.node_count);
	if (choice->timed && column->flags & NP_COLUMN_SEVERAL && column->flags & NP_COLUMN_RATE)
		return true;
	if (choice->processes)
		return column->flags & NP_COLUMN_PROCESS && !(choice->watched && column->flags & NP_COLUMN_STATIC);
	return column->flags & NP_COLUMN_DEFAULT ||
	       (column->flags & NP_COLUMN_SEVERAL && !(column->flags & NP_COLUMN_RATE) && snapshot->target_count > 1);
}

int np_column_choice_expand(const struct np_column_choice *choice, const struct np_snapshot *snapshot,
			    bool nodes_in_use, struct np_column_list *ret)
{
	struct np_column_list list = { 0 };
	size_t column_count;
	const struct np_column *columns = np_columns(&column_count);
	int error = 0;

	for (size_t i = 0; i < column_count && !error; i++) {
		struct np_column_ref ref = { &columns[i], columns[i].flags & NP_COLUMN_PER_NODE ? NP_NODE_ALL : 0 };

		if (column_chosen(choice, snapshot, ref.column))
			error = append_expanded(choice, snapshot, ref, nodes_in_use, &list);
	}
	for (size_t i = 0; i < choice->list.count && !error; i++)
		error = append_expanded(choice, snapshot, choice->list.refs[i], nodes_in_use, &list);
	if (error) {
		free(list.refs);
		return error;
	}
	*ret = list;
	return 0;
}
