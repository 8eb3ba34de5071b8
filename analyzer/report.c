/* SPDX-License-Identifier: MIT */
#include "analyzer/report.h"

#include <string.h>

const struct hw_report_format *hw_report_find_format(const char *name)
{
	static const struct hw_report_format *const formats[] = { &hw_report_text,
		&hw_report_json };

	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (strcmp(formats[i]->name, name) == 0)
			return formats[i];
	return NULL;
}

void hw_report_write(const struct hw_report_format *format, struct hw_report *report)
{
	const struct hw_analysis *analysis = report->analysis;

	format->begin(report);
	for (uint32_t i = 0; i < analysis->finding_count; i++)
		format->finding(report, &analysis->findings[i]);
	if (report->all) {
		format->ruled_out(report);
		for (uint32_t i = 0; i < analysis->ruled_out_count; i++)
			format->finding(report, &analysis->ruled_out[i]);
	}
	format->end(report);
}

enum hw_style hw_report_style_of(enum hw_verdict verdict)
{
	switch (verdict) {
	case HW_VERDICT_POSSIBLE:
		return HW_STYLE_POSSIBLE;
	case HW_VERDICT_RULED_OUT:
		return HW_STYLE_RULED_OUT;
	default:
		return HW_STYLE_DEADLOCK;
	}
}
