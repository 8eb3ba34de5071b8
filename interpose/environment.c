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

enum { ROOM_MAX_BYTES = 65536, SESSION_PATH_BYTES = 512 };

static char library[PATH_MAX];
static char session_entry[sizeof(SESSION HW_SESSION_HIDDEN) + SESSION_PATH_BYTES];
static char *own_path; /* in session_entry */
static bool follows;

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
	}
	return found;
}

/* Another session is somebody else's affair. */
static bool is_complete(const struct found *found)
{
	if (!found->session)
		return false;
	if (has_name(found->session, HW_SESSION_HIDDEN) || strcmp(found->session, own_path))
		return true;
	return found->preload && find_library(found->preload);
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
	bytes = (found.count + 3) * sizeof(char *) + sizeof(PRELOAD) + strlen(library);
	if (found.preload)
		bytes += 1 + strlen(found.preload);
	return bytes <= ROOM_MAX_BYTES ? bytes : 0;
}

/* The colon, with nothing behind it, says that there was a variable. */
static void write_preload(char *entry, const char *users)
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
}

char *const *hw_environment_complete(char *const environment[], void *room, size_t room_bytes)
{
	struct found found;
	char **entries = room, *preload;
	size_t kept = 0;
	bool placed = false;

	if (!room_bytes)
		return environment;
	found = look(environment);
	preload = (char *)(entries + found.count + 3);
	write_preload(preload, found.preload);
	for (size_t i = 0; i < found.count; i++) {
		bool replaced = !placed && has_name(environment[i], PRELOAD);

		if (!has_name(environment[i], SESSION))
			entries[kept++] = replaced ? preload : environment[i];
		placed |= replaced;
	}
	if (!placed)
		entries[kept++] = preload;
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

static void hide(void)
{
	char **to = environ;

	for (char **from = environ; from && *from; from++)
		if (!has_name(*from, SESSION) &&
			(!has_name(*from, PRELOAD) || shorten(*from + strlen(PRELOAD))))
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
