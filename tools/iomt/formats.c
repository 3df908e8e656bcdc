/* SPDX-License-Identifier: MIT */
#include "formats.h"
#include "commands.h"
#include "out.h"

#define COUNT(array)   (sizeof(array) / sizeof((array)[0]))
#define RW	       (IOMT_READ | IOMT_WRITE)
#define RWX	       (RW | IOMT_EXEC)
#define OF_X86	       (IOMT_WALK_SIGNED | IOMT_WALK_NX | IOMT_WALK_WP)
#define OF_VTD	       (IOMT_WALK_SNOOP | IOMT_WALK_TRANSIENT)
#define FORMAT(format) #format, &iomt_walk_##format

const struct format formats[] = {
	{FORMAT(amdv1), "AMD host tables", 0, RW, 4096, false, REPORTS_AMD},
	{FORMAT(x86_64), "AMD guest tables, VT-d first stage, x86 processors", OF_X86, RWX, 4096,
	 true, REPORTS_X86},
	{FORMAT(vtd_ss), "VT-d second stage", OF_VTD, RW, 4096, false, REPORTS_VTD},
	{FORMAT(arm_s1_4k), "Arm stage 1, pages of 4K", 0, RWX, 64, true, REPORTS_SMMU},
	{FORMAT(arm_s1_16k), "Arm stage 1, pages of 16K", 0, RWX, 64, true, REPORTS_SMMU},
	{FORMAT(arm_s1_64k), "Arm stage 1, pages of 64K", 0, RWX, 64, true, REPORTS_SMMU},
	{FORMAT(arm_s1_4k_lpa2), "Arm stage 1, pages of 4K, 52-bit addresses", 0, RWX, 64, true,
	 REPORTS_SMMU},
	{FORMAT(arm_s1_16k_lpa2), "Arm stage 1, pages of 16K, 52-bit addresses", 0, RWX, 64, true,
	 REPORTS_SMMU},
	{FORMAT(arm_s2_4k), "Arm stage 2, pages of 4K", 0, RWX, 64, false, REPORTS_SMMU},
	{FORMAT(arm_s2_16k), "Arm stage 2, pages of 16K", 0, RWX, 64, false, REPORTS_SMMU},
	{FORMAT(arm_s2_64k), "Arm stage 2, pages of 64K", 0, RWX, 64, false, REPORTS_SMMU},
	{FORMAT(arm_s2_4k_lpa2), "Arm stage 2, pages of 4K, 52-bit addresses", 0, RWX, 64, false,
	 REPORTS_SMMU},
	{FORMAT(arm_s2_16k_lpa2), "Arm stage 2, pages of 16K, 52-bit addresses", 0, RWX, 64, false,
	 REPORTS_SMMU},
	{FORMAT(riscv_s1), "RISC-V Sv39, Sv48, Sv57", IOMT_WALK_PBMT, RWX, 4096, true,
	 REPORTS_RISCV},
	{FORMAT(riscv_s2), "RISC-V Sv39x4, Sv48x4, Sv57x4", IOMT_WALK_PBMT, RWX, 16384, false,
	 REPORTS_RISCV},
	{0},
};

const char *rights_text(uint32_t prot)
{
	static const char *const texts[] = {"---", "r--", "-w-", "rw-", "--x", "r-x", "-wx", "rwx"};

	return texts[prot & RWX];
}

const struct format *format_of(const struct iomt_walk_format *walk)
{
	const struct format *format = formats;

	while (format->walk != walk)
		format++;
	return format;
}

const struct format *format_find(struct tool *tool, const char *subject, const char *name)
{
	const char *names[COUNT(formats)];
	int which;

	for (size_t i = 0; i < COUNT(formats); i++)
		names[i] = formats[i].name;
	which = tool_word(tool, subject, "format", name, names);
	return which < 0 ? NULL : &formats[which];
}

int run_formats(struct tool *tool, int argc, char **argv)
{
	static const struct argp argp = {NULL, NULL, "",  "Lists the formats of page tables.",
					 NULL, NULL, NULL};
	static const struct out_column columns[] = {{"format", "FORMAT", -16}, {"about", NULL, 0}};
	int code = tool_parse(tool, &argp, argc, argv, 0, NULL);

	if (code >= 0)
		return code;
	out_begin(tool);
	out_list(tool, "formats", columns, COUNT(columns));
	for (const struct format *format = formats; format->name; format++) {
		out_row(tool);
		out_text(tool, "format", OUT_NAME, "%s", format->name);
		out_text(tool, "about", OUT_PLAIN, "%s", format->about);
		out_row_end(tool);
	}
	out_list_end(tool);
	return out_end(tool, TOOL_YES);
}
