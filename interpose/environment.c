/* SPDX-License-Identifier: MIT */
#include "interpose/environment.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "interpose/sys.h"
#include "trace/session.h"

#define PRELOAD "LD_PRELOAD="
#define SESSION HW_SESSION_VARIABLE "="
#define ASAN    "ASAN_OPTIONS="

/*
 * With it, AddressSanitizer of gcc lets others be loaded before it; analyzer/sanitizer.h. A colon
 * in front, which says nothing to it, tells ours from the user's.
 */
#define ASAN_SECOND "verify_asan_link_order=0"
#define ASAN_OURS   ASAN ":" ASAN_SECOND

enum { ROOM_MAX_BYTES = 65536, SESSION_PATH_BYTES = 512 };

static char library[PATH_MAX];
static char session_entry[sizeof(SESSION HW_SESSION_HIDDEN) + SESSION_PATH_BYTES];
static char *own_path; /* in session_entry */
static bool follows;
static bool asan_is_second; /* this program was told so, and those that it starts have to be */

static bool has_name(const char *entry, const char *name)
{
	return !strncmp(entry, name, strlen(name));
}

/* Where this library is named in a list separated by colons or spaces, or NULL. */
static const char *find_library(const char *list)
{
	size_t length = strlen(library);

	for (bool begins = true; *list; list++) {
		if (begins && !strncmp(list, library, length) && strchr(": ", list[length]))
			return list;
		begins = *list == ':' || *list == ' ';
	}
	return NULL;
}

/* What an environment says; NULL where it says nothing. */
struct found {
	const char *preload;
	const char *session;
	const char *asan;
	size_t count;
};

static struct found look(char *const environment[])
{
	struct found found = { 0 };

	for (; environment && environment[found.count]; found.count++) {
		const char *entry = environment[found.count];

		if (!found.preload && has_name(entry, PRELOAD))
			found.preload = entry + strlen(PRELOAD);
		if (!found.session && has_name(entry, SESSION))
			found.session = entry + strlen(SESSION);
		if (!found.asan && has_name(entry, ASAN))
			found.asan = entry + strlen(ASAN);
	}
	return found;
}

static bool lacks_asan(const struct found *found)
{
	return asan_is_second && !(found->asan && strstr(found->asan, ASAN_SECOND));
}

/* Another session is somebody else's affair. */
static bool is_complete(const struct found *found)
{
	if (!found->session)
		return false;
	if (has_name(found->session, HW_SESSION_HIDDEN) || strcmp(found->session, own_path))
		return true;
	return found->preload && find_library(found->preload) && !lacks_asan(found);
}

size_t hw_environment_room_bytes(char *const environment[])
{
	struct found found;
	size_t bytes;

	if (!follows)
		return 0;
	found = look(environment);
	if (is_complete(&found))
		return 0;
	bytes = (found.count + 4) * sizeof(char *) + sizeof(PRELOAD) + strlen(library) +
		sizeof(ASAN_OURS);
	if (found.preload)
		bytes += 1 + strlen(found.preload);
	if (found.asan)
		bytes += 1 + strlen(found.asan);
	return bytes <= ROOM_MAX_BYTES ? bytes : 0;
}

/* The colon, with nothing behind it, says that there was a variable. Returns where it ends. */
static char *write_preload(char *entry, const char *users)
{
	strcpy(entry, PRELOAD);
	entry += strlen(PRELOAD);
	if (!users || !find_library(users)) {
		strcpy(entry, library);
		entry += strlen(library);
		if (users)
			*entry++ = ':';
	}
	strcpy(entry, users ? users : "");
	return entry + strlen(entry) + 1;
}

/* What comes later decides: what the program says of anything else stays. */
static void write_asan(char *entry, const char *users)
{
	strcpy(entry, ASAN_OURS);
	entry += strlen(entry);
	if (users) {
		*entry++ = ':';
		strcpy(entry, users);
	}
}

char *const *hw_environment_complete(char *const environment[], void *room, size_t room_bytes)
{
	struct found found;
	char **entries = room, *preload, *asan;
	size_t kept = 0;

	if (!room_bytes)
		return environment;
	found = look(environment);
	preload = (char *)(entries + found.count + 4);
	asan = write_preload(preload, found.preload);
	write_asan(asan, found.asan);
	for (size_t i = 0; i < found.count; i++) {
		char *entry = environment[i];

		if (has_name(entry, SESSION))
			continue;
		if (entry + strlen(PRELOAD) == found.preload)
			entry = preload;
		else if (entry + strlen(ASAN) == found.asan && lacks_asan(&found))
			entry = asan;
		entries[kept++] = entry;
	}
	if (!found.preload)
		entries[kept++] = preload;
	if (!found.asan && asan_is_second)
		entries[kept++] = asan;
	entries[kept++] = session_entry;
	entries[kept] = NULL;
	return entries;
}

/* Take the library out of a list, where it stands; false when it was all there was. */
static bool shorten(char *list)
{
	char *word = (char *)find_library(list);
	size_t length = strlen(library);

	if (!word)
		return true;
	if (word[length])
		memmove(word, word + length + 1, strlen(word + length));
	else if (word > list)
		word[-1] = '\0';
	else
		return false;
	return true;
}

/* Take ours out of the options of AddressSanitizer; false when they are all there was. */
static bool shorten_asan(char *entry)
{
	char *users = entry + strlen(ASAN_OURS);

	if (!*users)
		return false;
	memmove(entry + strlen(ASAN), users + 1, strlen(users));
	return true;
}

/* Whether anything of it is not ours. */
static bool is_shown(char *entry)
{
	if (has_name(entry, PRELOAD))
		return shorten(entry + strlen(PRELOAD));
	if (has_name(entry, ASAN_OURS))
		return shorten_asan(entry);
	return !has_name(entry, SESSION);
}

static void hide(void)
{
	char **to = environ;

	for (char **from = environ; from && *from; from++)
		if (is_shown(*from))
			*to++ = *from;
	if (to)
		*to = NULL;
}

/* As the dynamic linker was told, but not relative to a folder that the program may leave. */
static void find_own_name(void)
{
	Dl_info info;
	size_t length = 0;

	if (!dladdr((void *)hw_environment_init, &info) || !info.dli_fname)
		return;
	if (info.dli_fname[0] != '/') {
		long got = hw_sys2(SYS_getcwd, library, sizeof(library) - 1);

		length = got > 1 ? (size_t)got - 1 : 0;
		if (length)
			library[length++] = '/';
	}
	if (length + strlen(info.dli_fname) < sizeof(library))
		strcpy(library + length, info.dli_fname);
}

void hw_environment_init(const struct hw_session *session, const char *session_path)
{
	struct found found = look(environ);
	bool hidden = found.session && has_name(found.session, HW_SESSION_HIDDEN);

	find_own_name();
	if (!library[0])
		return;
	asan_is_second = found.asan && strstr(found.asan, ASAN_SECOND);
	if (session && strlen(session_path) < SESSION_PATH_BYTES) {
		strcpy(session_entry, SESSION HW_SESSION_HIDDEN);
		own_path = session_entry + strlen(session_entry);
		strcpy(own_path, session_path);
		follows = session->follow & HW_FOLLOW_EXEC;
	}
	if (hidden || (session && (session->hides || !follows)))
		hide();
	else if (session_path[0] && !found.session)
		setenv(HW_SESSION_VARIABLE, session_path, 1);
}
