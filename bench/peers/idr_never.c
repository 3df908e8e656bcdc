/* SPDX-License-Identifier: MIT */
/* What the IDR would call, which is in one file with the IDA and is not used. */
#include <stdlib.h>

#define NEVER(name)      \
	void name(void); \
	void name(void)  \
	{                \
		abort(); \
	}

NEVER(__radix_tree_lookup)
NEVER(__radix_tree_replace)
NEVER(idr_get_free)
NEVER(radix_tree_delete_item)
NEVER(radix_tree_iter_replace)
NEVER(radix_tree_iter_tag_clear)
NEVER(radix_tree_lookup)
NEVER(radix_tree_next_chunk)
NEVER(radix_tree_tag_get)
