/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The locale. */
#include "i18n.h"

#include <locale.h>

/* LC_NUMERIC is left alone: what a script reads, and what people compare with it, has a point in every locale. */
void np_i18n_start(void)
{
	setlocale(LC_CTYPE, "");
	setlocale(LC_MESSAGES, "");
#if defined(ENABLE_NLS) && ENABLE_NLS
	bindtextdomain(PACKAGE, LOCALEDIR);
	textdomain(PACKAGE);
#endif
}
