/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/PID/mountinfo: the devices of mounted hugetlbfs file systems. */
#include "parse_mountinfo.h"

#include <errno.h>
#include <stdlib.h>

#include "parse_number.h"

static int parse_device(struct np_span word, struct np_device *ret)
{
	int err;

	err = np_take_unsigned(&word, &ret->major);
	if (err < 0)
		return err;
	if (!np_take_text(&word, ":"))
		return -EINVAL;
	return np_take_unsigned(&word, &ret->minor);
}

/*
 * "36 35 0:31 / /dev/hugepages rw,relatime shared:16 - hugetlbfs hugetlbfs rw": a blank within a field
 * is escaped, and a '-' alone ends the fields of which there are none or several.
 */
static int take_device_and_type(struct np_span line, struct np_device *ret_device, struct np_span *ret_type)
{
	struct np_span word;
	int err;

	for (size_t field = 1; field <= 6; field++) {
		if (!np_take_word(&line, &word))
			return -EINVAL;
		err = field == 3 ? parse_device(word, ret_device) : 0;
		if (err < 0)
			return err;
	}
	do {
		if (!np_take_word(&line, &word))
			return -EINVAL;
	} while (!np_span_equals(word, "-"));
	return np_take_word(&line, ret_type) ? 0 : -EINVAL;
}

static int add_device(struct np_devices *devices, struct np_device device)
{
	struct np_device *more = reallocarray(devices->devices, devices->count + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	devices->devices = more;
	devices->devices[devices->count++] = device;
	return 0;
}

static int parse_line(struct np_span line, struct np_devices *devices)
{
	struct np_device device;
	struct np_span type;
	int err;

	err = take_device_and_type(line, &device, &type);
	if (err < 0 || !np_span_equals(type, "hugetlbfs") || np_devices_have(devices, device.major, device.minor))
		return err;
	return add_device(devices, device);
}

int np_parse_mountinfo(const char *text, size_t length, struct np_devices *ret)
{
	struct np_span rest = np_span_make(text, length), line;
	struct np_devices devices = { 0 };
	int err = np_span_whole_lines(rest) ? 0 : -EINVAL;

	while (err == 0 && np_take_line(&rest, &line))
		err = parse_line(line, &devices);
	if (err < 0) {
		np_devices_free(&devices);
		return err;
	}
	*ret = devices;
	return 0;
}

void np_devices_free(struct np_devices *devices)
{
	free(devices->devices);
	*devices = (struct np_devices){ 0 };
}

bool np_devices_have(const struct np_devices *devices, unsigned major, unsigned minor)
{
	for (size_t i = 0; i < devices->count; i++)
		if (devices->devices[i].major == major && devices->devices[i].minor == minor)
			return true;
	return false;
}
