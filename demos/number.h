/* SPDX-License-Identifier: MIT */
#ifndef DEMOS_NUMBER_H
#define DEMOS_NUMBER_H

/* Numbers on the command line: whole, decimal, and inside the range the option allows. */

struct argp_state;

/*
 * The value of `text`, given for --`option`. Anything but a number from `least`
 * to `most` is a usage error: argp prints it and ends the program.
 */
unsigned number_parse(struct argp_state *state, const char *option, const char *text,
	unsigned least, unsigned most);

#endif
