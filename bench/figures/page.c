/* SPDX-License-Identifier: MIT */
/* The page that shows all figures. */
#include "figure.h"
#include "template.h"
#include "view.h"
#include <errno.h>
#include <string.h>

extern const char figures_html[]; /* page.html */

static cJSON *chapter_view(const struct chapter *chapter)
{
	cJSON *view = cJSON_CreateObject(), *figures = cJSON_AddArrayToObject(view, "figures");

	cJSON_AddStringToObject(view, "chapter", chapter->title);
	cJSON_AddStringToObject(view, "preface", chapter->about);
	for (size_t i = 0; i < chapter->count; i++) {
		cJSON *figure = cJSON_CreateObject();

		cJSON_AddStringToObject(figure, "title", chapter->figures[i].title);
		cJSON_AddStringToObject(figure, "about", chapter->figures[i].about);
		cJSON_AddStringToObject(figure, "file", chapter->figures[i].file);
		cJSON_AddItemToArray(figures, figure);
	}
	return view;
}

bool figures_page(const struct chapter *chapters, size_t count, const struct run *run)
{
	cJSON *view = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(view, "chapters");
	FILE *page = fopen("index.html", "w");
	bool good = page;

	for (size_t i = 0; i < count; i++)
		cJSON_AddItemToArray(list, chapter_view(&chapters[i]));
	view_noise(view, run);
	view_machine(view, run);
	if (page) {
		template_render(page, figures_html, view);
		good = !ferror(page);
		good = !fclose(page) && good;
	}
	cJSON_Delete(view);
	if (!good)
		fprintf(stderr, "iomt-figures: index.html: %s\n", strerror(errno));
	return good;
}
