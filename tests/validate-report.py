#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Validate reports against the project's JSON Schema: validate-report.py SCHEMA REPORT..."""

import json
import sys

import jsonschema


def load_unique(path):
    """Read JSON, and refuse an object that has a key twice: readers would differ on its meaning."""

    def check(pairs):
        keys = [key for key, _ in pairs]
        if len(keys) != len(set(keys)):
            raise ValueError(f"{path}: a key appears twice: {keys}")
        return dict(pairs)

    with open(path, encoding="utf-8") as file:
        return json.load(file, object_pairs_hook=check)


def main(arguments):
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    schema = load_unique(arguments[0])
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    failures = 0
    for path in arguments[1:]:
        for error in validator.iter_errors(load_unique(path)):
            where = "/".join(str(part) for part in error.absolute_path)
            print(f"{path}: {where}: {error.message}", file=sys.stderr)
            failures += 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
