// SPDX-License-Identifier: GPL-2.0-or-later
/* From windows to findings. */
#include "check_find.h"

#include <math.h>
#include <string.h>

#define WINDOWS_LEAST 2 /* one is an anecdote */

enum { NONE, BUSY }; /* the controls */

static bool has_round(const struct np_finding_group *group, unsigned round)
{
	for (size_t i = 0; i < group->count; i++)
		if (group->rounds[i] == round)
			return true;
	return false;
}

/* The numbers of a control from the rounds that another group has numbers of. */
static size_t take_rounds(const struct np_finding_group *control, const struct np_finding_group *of, double *ret)
{
	size_t count = 0;

	for (size_t i = 0; i < control->count; i++)
		if (has_round(of, control->rounds[i]))
			ret[count++] = control->numbers[i];
	return count;
}

static double log_mean(const double *numbers, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += log(numbers[i]);
	return sum / (double)count;
}

/*
 * Whether there is more of it beside a mere load than beside nothing, were it by chance. More than that is not asked:
 * with the load alone there is less to compare, so what chance made here costs windows, and makes no finding.
 */
static bool is_load_enough(const double *busy, size_t busy_count, const double *none, size_t none_count,
			   const struct np_finding_rule *rule)
{
	double excess;

	if (!busy_count || !none_count)
		return false;
	excess = rule->ratio ? exp(log_mean(busy, busy_count) - log_mean(none, none_count)) :
			       np_mean(busy, busy_count) - np_mean(none, none_count);
	return excess >= rule->none_below;
}

/* What a group is compared with: one control with the other; a reader with both, or with the load alone. */
static size_t take_others(const struct np_finding_group *groups, size_t group, const struct np_finding_rule *rule,
			  double ret[NP_GROUP_MOST])
{
	double none[NP_GROUP_MOST / NP_CONTROL_GROUPS];
	size_t busy_count = group == BUSY ? 0 : take_rounds(&groups[BUSY], &groups[group], ret);
	size_t none_count = group == NONE ? 0 : take_rounds(&groups[NONE], &groups[group], none);

	if (is_load_enough(ret, busy_count, none, none_count, rule))
		return busy_count;
	memcpy(ret + busy_count, none, none_count * sizeof(*ret));
	return busy_count + none_count;
}

double np_find_controls_mean(const struct np_finding_group *groups)
{
	double numbers[NP_GROUP_MOST];
	size_t count = 0;

	for (size_t i = 0; i < NP_CONTROL_GROUPS; i++)
		count += take_rounds(&groups[i], &groups[i], numbers + count);
	return count ? np_mean(numbers, count) : 0;
}

bool np_find_any(const struct np_finding_group *groups, size_t count, const struct np_finding_rule *rule)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < groups[i].count; k++)
			if (groups[i].numbers[k] >= rule->found_from)
				return true;
	return false;
}

/* How much more than the controls; returns false where there is not enough to tell. */
static bool compare(struct np_finding_group *groups, size_t i, const struct np_finding_rule *rule, double *ret_excess)
{
	struct np_finding_group *group = &groups[i];
	double others[NP_GROUP_MOST];
	size_t count = take_others(groups, i, rule, others);

	group->size = rule->ratio ? np_estimate_ratio(group->numbers, group->count, others, count) :
				    np_estimate_share(group->numbers, group->count);
	if (!group->size.known || group->count < WINDOWS_LEAST || count < WINDOWS_LEAST)
		return false;
	*ret_excess = group->size.value;
	if (!rule->ratio) {
		group->size.p = np_permutation_more_p(group->numbers, group->count, others, count);
		*ret_excess -= np_mean(others, count);
	}
	return true;
}

/* Found by the test and by the interval: neither alone is to make a finding of a few windows. */
static enum np_finding decide(const struct np_estimate *size, double excess, const struct np_finding_rule *rule)
{
	if (size->p <= NP_FOUND_P && size->value >= rule->found_from && size->low > (rule->ratio ? 1 : 0))
		return NP_FINDING_FOUND;
	return excess < rule->none_below ? NP_FINDING_NONE : NP_FINDING_OPEN;
}

/* With many readers chance would find something in one: Holm's correction, but for the controls. */
static void correct(struct np_finding_group *groups, size_t count, const bool *enough)
{
	double p[NP_FINDING_GROUPS_MOST] = { 0 }, adjusted[NP_FINDING_GROUPS_MOST];
	size_t index[NP_FINDING_GROUPS_MOST], family = 0;

	for (size_t i = NP_CONTROL_GROUPS; i < count; i++)
		if (enough[i]) {
			p[family] = groups[i].size.p;
			index[family++] = i;
		}
	np_holm(p, family, adjusted);
	for (size_t i = 0; i < family; i++)
		groups[index[i]].size.p = adjusted[i];
}

void np_find_effects(struct np_finding_group *groups, size_t count, const struct np_finding_rule *rule)
{
	double excess[NP_FINDING_GROUPS_MOST] = { 0 };
	bool enough[NP_FINDING_GROUPS_MOST] = { false };

	for (size_t i = 0; i < count; i++)
		enough[i] = compare(groups, i, rule, &excess[i]);
	correct(groups, count, enough);
	for (size_t i = 0; i < count; i++)
		groups[i].finding = enough[i] ? decide(&groups[i].size, excess[i], rule) : NP_FINDING_TOO_FEW;
}
