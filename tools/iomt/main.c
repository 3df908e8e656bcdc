/* SPDX-License-Identifier: MIT */
/* iomt: I/O page tables, device tables and IOTLBs, for people who have to look at them. */
#include "tool.h"

int main(int argc, char **argv)
{
	return iomt_tool(argc, argv, stdout, stderr);
}
