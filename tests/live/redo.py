# SPDX-License-Identifier: GPL-2.0-or-later
"""The statistics of reports, done again from their samples alone, in another language and in another way."""

import itertools
import json
import math
import random

from harness import SOURCE, expect, expect_equal, test

CONFIDENCE = 0.95
TAIL = (1 - CONFIDENCE) / 2
ORDERS_MOST = 20000
DRAWN_DIGITS = 1.5  # of a share of 20000 random draws, times the number of readers
ALPHA = 0.05
KINDS = {
    "causes": lambda window: 1e9 * window["made"] / window["elapsed_ns"],
    "stalls": lambda window: 100 * window["run_ns"] / window["elapsed_ns"],
    "loses": lambda window: 60e9 * window["scans"] / window["elapsed_ns"],
}


def near(what, got, want, digits=6):
    if got is None or want is None or math.isinf(want):
        expect(got is None and (want is None or math.isinf(want)), f"{what}: the report has {got}, done again {want}")
        return
    slack = 10 ** -digits * max(1, abs(want))
    expect(abs(got - want) <= slack, f"{what}: the report has {got}, done again {want}")


# The permutation test


def is_exact(numbers, others):
    return math.comb(len(numbers) + len(others), len(numbers)) <= ORDERS_MOST


def choices(pool, count, exact):
    """All ways to choose so many, or some at random."""
    if exact:
        return itertools.combinations(pool, count)
    chance = random.Random(1)
    return (chance.sample(pool, count) for _ in range(ORDERS_MOST))


def more_p(numbers, others):
    """How many of the ways to choose the first group have so great a sum, or a greater one."""
    pool, seen = [*numbers, *others], math.fsum(numbers)
    slack = 1e-12 * math.fsum(map(abs, pool))
    sums = [math.fsum(chosen) for chosen in choices(pool, len(numbers), is_exact(numbers, others))]
    return sum(one >= seen - slack for one in sums) / len(sums)


def less_p(numbers, others):
    return more_p([-one for one in numbers], [-one for one in others])


def low_end(numbers, others, tail=TAIL):
    """
    The least difference that is not rejected. The tail jumps only where a choice's sum meets that of the first group:
    so the end is one of the mean differences between what two choices exchange.
    """
    ends = set()
    for size in range(1, min(len(numbers), len(others)) + 1):
        firsts = {math.fsum(one) for one in itertools.combinations(numbers, size)}
        seconds = {math.fsum(one) for one in itertools.combinations(others, size)}
        ends |= {(one - other) / size for one in firsts for other in seconds}
    ends = sorted(ends)
    low, high = 0, len(ends) - 1
    if 1 / math.comb(len(numbers) + len(others), len(numbers)) > tail:
        return -math.inf
    while low < high:
        middle = (low + high) // 2
        if more_p([one - ends[middle] for one in numbers], others) > tail:
            high = middle
        else:
            low = middle + 1
    return ends[low]


def interval(numbers, others):
    return low_end(numbers, others), -low_end([-one for one in numbers], [-one for one in others])


def detectable(numbers, others, level):
    """Upwards: what would have been found, and what is more than the numbers as they are may hide."""
    if len({*numbers, *others}) == 1:
        return math.inf
    low, high = low_end(numbers, others, level), -low_end([-one for one in numbers], [-one for one in others], level)
    return max(high, -low, math.fsum(numbers) / len(numbers) - math.fsum(others) / len(others) - low)


def holm(values):
    """By index, the corrected ones."""
    ret, most = [0] * len(values), 0
    for rank, index in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        most = max(most, min(1, values[index] * (len(values) - rank)))
        ret[index] = most
    return ret


# The mean of shares


def band(count):
    """Where the one-sided distribution of Kolmogorov and Smirnov has TAIL left."""
    def exceeded(distance):
        return distance * math.fsum(
            math.comb(count, i) * (distance + i / count) ** (i - 1) * max(0, 1 - distance - i / count) ** (count - i)
            for i in range(math.floor(count * (1 - distance)) + 1))

    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if exceeded(middle) > TAIL else (low, middle)
    return high


def mean_from_band(shares, shift):
    """The area above a distribution function, from 0 to 1, that lies higher than the sample's by shift."""
    steps = [0.0, *sorted(shares), 1.0]
    return math.fsum((right - left) * (1 - min(1, max(0, index / len(shares) + shift)))
                     for index, (left, right) in enumerate(itertools.pairwise(steps)))


# Experiments


def check_effect(name, effect, windows, family):
    numbers, others = ([KINDS[effect["effect"]](window) for window in windows if window["reader"] == reader]
                       for reader in (effect["reader"], effect["control"]))
    digits = 6 if is_exact(numbers, others) else DRAWN_DIGITS
    with_mean, without_mean = math.fsum(numbers) / len(numbers), math.fsum(others) / len(others)
    near(f"{name}: with", effect["with"], with_mean)
    near(f"{name}: without", effect["without"], without_mean)
    near(f"{name}: difference", effect["difference"], with_mean - without_mean)
    more, less = more_p(numbers, others), less_p(numbers, others)
    near(f"{name}: p", effect["p"], min(1, 2 * min(more, less)), digits)
    if is_exact(numbers, others):
        low, high = interval(numbers, others)
        near(f"{name}: low", effect["low"], low)
        near(f"{name}: high", effect["high"], high)
    greater = sum((one > other) + 0.5 * (one == other) for one in numbers for other in others)
    near(f"{name}: superiority", effect["superiority"], greater / len(numbers) / len(others))
    worse, sign = (more, 1) if effect["effect"] == "causes" else (less, -1)
    if is_exact(numbers, others):
        near(f"{name}: detectable", effect["detectable"],
             detectable([sign * one for one in numbers], [sign * one for one in others], ALPHA / family))
    return worse


UNTESTABLE = ("the process did not run", "NUMA balancing is off", "the kernel does not tell")


def check_verdict(name, effect, adjusted):
    near(f"{name}: adjusted_p", effect["adjusted_p"], adjusted, DRAWN_DIGITS)
    if effect["verdict"] != "unknown" and abs(adjusted - ALPHA) > 10 ** -DRAWN_DIGITS:
        expect_equal(name, effect["verdict"], "yes" if adjusted <= ALPHA else "none seen")


def check_experiment(name, experiment):
    """All effects of all readers are one family."""
    effects = [effect for effect in experiment["effects"] if effect["reason"] not in UNTESTABLE]
    readers = [index for index, effect in enumerate(effects) if effect["reader"] != "busy"]
    worse = [check_effect(f"{name}, {effect['effect']} of {effect['reader']}", effect, experiment["windows"],
                          len(readers) if index in readers else 1) for index, effect in enumerate(effects)]
    corrected = dict(zip(readers, holm([worse[index] for index in readers])))
    for index, effect in enumerate(effects):
        check_verdict(f"{name}, {effect['effect']} of {effect['reader']}", effect, corrected.get(index, worse[index]))


# The check of the kernel


PAGES = 16384


def share(sample):
    pages = sample["hints"] if sample["hints"] is not None else sample["faults"]
    return min(pages, PAGES) / PAGES


# Of each sample a number; and so much more of it beside busy than beside none is the load's doing.
CHECKS = {
    "causes": (lambda sample: None if sample["scans"] == 0 else share(sample), 0.01),
    "stalls": (lambda sample: math.log(sample["wait_ns"] / sample["maps"]), math.log(1.5)),
    "loses-scans": (lambda sample: float(share(sample) <= 0.5), 0.1),
}


def mean_of(numbers):
    return math.fsum(numbers) / len(numbers)


def compared_with(reader, rounds, controls, number, load):
    """The numbers of both controls from some rounds, of the other one for a control; of busy alone where it has more."""
    none, busy = ([number(one) for one in controls if one["reader"] == control != reader and one["round"] in rounds and
                   number(one) is not None] for control in ("none", "busy"))
    return busy if none and busy and mean_of(busy) - mean_of(none) >= load else none + busy


def check_samples(name, item, controls, number, load):
    """What is redone of a test; returns its p, before the correction."""
    own = {one["round"]: number(one) for one in item["samples"] if one["reader"] == item["reader"]}
    own = {turn: one for turn, one in own.items() if one is not None}
    numbers, others = [*own.values()], compared_with(item["reader"], own, controls, number, load)
    size, mean, exact = item["size"], mean_of(numbers), is_exact(numbers, others)
    if item["effect"] == "stalls":
        value, ends = math.exp(mean - mean_of(others)), ()
        if exact:
            ends = map(math.exp, interval(numbers, others))
    else:
        width = band(len(numbers))
        value, ends = mean, (mean_from_band(numbers, width), 1 - mean_from_band([1 - one for one in numbers], width))
    near(f"{name}: value", size["value"], value)
    for key, end in zip(("low", "high"), ends):
        near(f"{name}: {key}", size[key], end)
    return more_p(numbers, others), exact


def check_kernel(name, tests):
    for effect, (number, load) in CHECKS.items():
        items = [item for item in tests if item["effect"] == effect and item["size"]]
        controls = [sample for item in items if item["reader"] == "busy" for sample in item["samples"]]
        expect_equal(f"{name}, {effect}: controls", {sample["reader"] for sample in controls}, {"none", "busy"})
        found = [check_samples(f"{name}, {item['name']}", item, controls, number, load) for item in items]
        readers = [index for index, item in enumerate(items) if item["reader"] != "busy"]
        corrected = dict(zip(readers, holm([found[index][0] for index in readers])))
        exact = all(one[1] for one in found)
        for index, item in enumerate(items):
            near(f"{name}, {item['name']}: p", item["size"]["p"], corrected.get(index, found[index][0]),
                 6 if exact else DRAWN_DIGITS)


def reports():
    for path in sorted((SOURCE / "tests/fixtures/reports").glob("*.json")):
        yield path.stem, json.loads(path.read_text(encoding="utf-8"))


@test()
def experiments_from_their_windows():
    done = 0
    for name, report in reports():
        for target in report["targets"]:
            if "experiment" in target:
                check_experiment(name, target["experiment"])
                done += 1
    expect(done >= 2, "there is no report of an experiment to redo")


@test()
def checks_from_their_samples():
    done = 0
    for name, report in reports():
        if report["check"] and "regime" in report["check"]:
            check_kernel(name, report["check"]["tests"])
            done += 1
    expect(done, "there is no report of a check to redo")
