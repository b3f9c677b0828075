// SPDX-License-Identifier: GPL-2.0-or-later
/* One pass over BTF, every access checked: the blob is the kernel's, but the program that reads it is privileged. */
#include "btf.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <linux/btf.h>

struct btf {
	const uint8_t *types;
	size_t types_length;
	const char *strings;
	size_t strings_length;
};

struct member_wanted {
	const char *structure, *member;
	size_t target; /* in struct np_offsets */
	bool optional;
};

static const struct member_wanted members[] = {
	{ "task_struct", "mm", offsetof(struct np_offsets, task_mm), false },
	{ "task_struct", "files", offsetof(struct np_offsets, task_files), false },
	{ "files_struct", "fdt", offsetof(struct np_offsets, files_fdt), false },
	{ "fdtable", "max_fds", offsetof(struct np_offsets, fdtable_max_fds), false },
	{ "fdtable", "fd", offsetof(struct np_offsets, fdtable_fd), false },
	{ "file", "f_op", offsetof(struct np_offsets, file_f_op), false },
	{ "file", "private_data", offsetof(struct np_offsets, file_private_data), false },
	{ "mm_struct", "pgd", offsetof(struct np_offsets, mm_pgd), false },
	{ "mm_struct", "mm_users", offsetof(struct np_offsets, mm_users), false },
	{ "mm_struct", "mmap_lock", offsetof(struct np_offsets, mm_mmap_lock), true },
	{ "rw_semaphore", "count", offsetof(struct np_offsets, rwsem_count), true },
};

#define MEMBERS (sizeof(members) / sizeof(*members))

static int btf_open(const void *blob, size_t length, struct btf *ret)
{
	const struct btf_header *header = blob;
	uint64_t types, strings;

	if (length < sizeof(*header) || header->magic != BTF_MAGIC || header->version != BTF_VERSION ||
	    header->hdr_len < sizeof(*header))
		return -EINVAL;
	types = (uint64_t)header->hdr_len + header->type_off;
	strings = (uint64_t)header->hdr_len + header->str_off;
	if (types + header->type_len > length || strings + header->str_len > length || !header->str_len ||
	    types % 4 || ((const char *)blob)[strings + header->str_len - 1])
		return -EINVAL;
	ret->types = (const uint8_t *)blob + types;
	ret->types_length = header->type_len;
	ret->strings = (const char *)blob + strings;
	ret->strings_length = header->str_len;
	return 0;
}

/* "" for an offset outside; the section ends with a NUL. */
static const char *btf_string(const struct btf *btf, uint32_t offset)
{
	return offset < btf->strings_length ? btf->strings + offset : "";
}

/* Bytes that follow a type's head; -1: a kind that is not known, so that nothing behind it can be read. */
static long btf_rest(const struct btf_type *type)
{
	long count = BTF_INFO_VLEN(type->info);

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return 4;
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return count * (long)sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return count * (long)sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:
		return count * (long)sizeof(struct btf_enum64);
	case BTF_KIND_FUNC_PROTO:
		return count * (long)sizeof(struct btf_param);
	case BTF_KIND_DATASEC:
		return count * (long)sizeof(struct btf_var_secinfo);
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		return 0;
	default:
		return -1;
	}
}

/* The type at *offset, and *offset behind it; NULL: the end, or damage. */
static const struct btf_type *btf_next(const struct btf *btf, size_t *offset)
{
	const struct btf_type *type = (const struct btf_type *)(btf->types + *offset);
	long rest;

	if (btf->types_length - *offset < sizeof(*type))
		return NULL;
	rest = btf_rest(type);
	if (rest < 0 || (size_t)rest > btf->types_length - *offset - sizeof(*type))
		return NULL;
	*offset += sizeof(*type) + (size_t)rest;
	return type;
}

static const struct btf_member *btf_members(const struct btf_type *type)
{
	return (const struct btf_member *)(type + 1);
}

static uint32_t member_bits(const struct btf_type *type, const struct btf_member *member)
{
	return BTF_INFO_KFLAG(type->info) ? BTF_MEMBER_BIT_OFFSET(member->offset) : member->offset;
}

/* The structure with this number; numbers start at 1. */
static const struct btf_type *btf_by_number(const struct btf *btf, uint32_t number)
{
	const struct btf_type *type = NULL;
	size_t offset = 0;

	while (number--) {
		type = btf_next(btf, &offset);
		if (!type)
			return NULL;
	}
	return type;
}

/*
 * The bit offset of a member, also inside unnamed structures and unions: mm_struct keeps its own in one, and
 * file its private_data near one. depth bounds a damaged blob's circles.
 */
static bool find_member(const struct btf *btf, const struct btf_type *type, const char *name, int depth,
			uint32_t *ret)
{
	const struct btf_member *member = btf_members(type);

	for (uint32_t i = 0; i < BTF_INFO_VLEN(type->info); i++, member++) {
		if (strcmp(btf_string(btf, member->name_off), name) == 0) {
			*ret = member_bits(type, member);
			return true;
		}
	}
	member = btf_members(type);
	for (uint32_t i = 0; depth && i < BTF_INFO_VLEN(type->info); i++, member++) {
		const struct btf_type *inner;
		uint32_t kind;

		if (*btf_string(btf, member->name_off))
			continue;
		inner = btf_by_number(btf, member->type);
		kind = inner ? BTF_INFO_KIND(inner->info) : BTF_KIND_UNKN;
		if ((kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION) &&
		    find_member(btf, inner, name, depth - 1, ret)) {
			*ret += member_bits(type, member);
			return true;
		}
	}
	return false;
}

/* Fills what this structure has of the wanted members; returns their bits in the list of members. */
static uint32_t take_members(const struct btf *btf, const struct btf_type *type, struct np_offsets *offsets)
{
	const char *name = btf_string(btf, type->name_off);
	uint32_t taken = 0, bits;

	for (size_t i = 0; i < MEMBERS; i++) {
		__u32 byte;

		if (*members[i].structure != *name || strcmp(members[i].structure, name) != 0 ||
		    !find_member(btf, type, members[i].member, 3, &bits))
			continue;
		byte = bits / 8;
		memcpy((char *)offsets + members[i].target, &byte, sizeof(byte));
		taken |= 1U << i;
	}
	return taken;
}

int np_btf_offsets(const void *blob, size_t length, struct np_offsets *ret)
{
	const uint32_t all = (1U << MEMBERS) - 1;
	struct np_offsets offsets = { .mm_mmap_lock = NP_NO_OFFSET, .rwsem_count = NP_NO_OFFSET };
	const struct btf_type *type;
	uint32_t found = 0;
	size_t offset = 0;
	struct btf btf;

	if (btf_open(blob, length, &btf) < 0)
		return -EINVAL;
	while (found != all && (type = btf_next(&btf, &offset)))
		if (BTF_INFO_KIND(type->info) == BTF_KIND_STRUCT && type->name_off)
			found |= take_members(&btf, type, &offsets);
	for (size_t i = 0; i < MEMBERS; i++)
		if (!(found >> i & 1) && !members[i].optional)
			return offset == btf.types_length ? -ENOENT : -EINVAL;
	*ret = offsets;
	return 0;
}

int np_btf_swap_layout(const void *blob, size_t length, struct np_swap_layout *ret)
{
	bool memory_failure = false, migrate_pages = false, device = false, device_range = false, marker = false;
	const struct btf_type *type;
	size_t offset = 0;
	struct btf btf;

	if (btf_open(blob, length, &btf) < 0)
		return -EINVAL;
	while ((type = btf_next(&btf, &offset))) {
		uint32_t kind = BTF_INFO_KIND(type->info);
		const char *name = btf_string(&btf, type->name_off);

		if (kind == BTF_KIND_TYPEDEF && *name == 'p')
			marker |= strcmp(name, "pte_marker") == 0;
		if (kind != BTF_KIND_FUNC || *name != 'm')
			continue;
		memory_failure |= strcmp(name, "memory_failure") == 0;
		migrate_pages |= strcmp(name, "migrate_pages") == 0;
		device |= strcmp(name, "make_device_exclusive") == 0;
		device_range |= strcmp(name, "make_device_exclusive_range") == 0;
	}
	if (offset != btf.types_length)
		return -EINVAL;
	/*
	 * Each is a function that exists only with the option that reserves the types. A function that is not
	 * listed may have been inlined, so only migrate_pages(), which CONFIG_NUMA calls from everywhere, tells
	 * that the list is there at all. Migration has three types since 5.19, when markers came
	 * (6c287605fd56, "mm: remember exclusively mapped anonymous pages with PG_anon_exclusive").
	 */
	*ret = (struct np_swap_layout){
		.hwpoison = memory_failure ? 1 : migrate_pages ? 0 : -1,
		.migration = migrate_pages ? (marker ? 3 : 2) : -1,
		.device = device_range ? 4 : device ? 3 : migrate_pages ? 0 : -1,
		.marker = marker ? -1 : 0,
		.swapin_error = -1,
	};
	return 0;
}
