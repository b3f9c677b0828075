/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Translation of messages: _() at the place of use, N_() in tables, P_() where a number decides.
 *
 * The snapshot is English, so that a report is the same in every locale: what goes into it is at most marked, by N_(),
 * and looked up by S_() where it is shown. Names of columns, keys of JSON, raw output and metrics are never translated.
 */
#ifndef NUMAPROBE_I18N_H
#define NUMAPROBE_I18N_H

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#if defined(ENABLE_NLS) && ENABLE_NLS
#include <libintl.h>
#define _(text) gettext(text)
#define P_(one, many, number) ngettext(one, many, number)
#else
#define _(text) (text)
#define P_(one, many, number) ((number) == 1 ? (one) : (many))
#endif

#define N_(text) (text)

/* A text of the snapshot. The empty one would give the header of the catalogue. */
#define S_(text) (*(text) ? _(text) : (text))

/* Messages and characters as the environment asks for; numbers stay as in the C locale. Before anything is printed. */
void np_i18n_start(void);

#endif
