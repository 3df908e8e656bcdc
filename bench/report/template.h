/* SPDX-License-Identifier: MIT */
/*
 * As much of Mustache (mustache.5) as the page needs: {{name}}, escaped; {{{name}}}, as it is;
 * {{#name}}...{{/name}} for each item of an array, or once for an object or a true value;
 * {{^name}}...{{/name}} where there is none. Names are looked up from the innermost item outwards.
 */
#ifndef REPORT_TEMPLATE_H
#define REPORT_TEMPLATE_H

#include <cjson/cJSON.h>
#include <stdio.h>

void template_render(FILE *out, const char *text, const cJSON *view);

#endif
