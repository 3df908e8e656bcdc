/* SPDX-License-Identifier: MIT */
#include "words.h"
#include "out.h"

struct name {
	unsigned code;
	const char *text;
};

/* AMD's event log (48882, 2.5). */
static const struct name amd_events[] = {
	{1, "ILLEGAL_DEV_TABLE_ENTRY"}, {2, "IO_PAGE_FAULT"},
	{3, "DEV_TAB_HARDWARE_ERROR"},	{4, "PAGE_TAB_HARDWARE_ERROR"},
	{8, "INVALID_DEVICE_REQUEST"},	{0},
};

/* SMMUv3's events (IHI 0070, 7.3). */
static const struct name smmu_events[] = {
	{0x02, "C_BAD_STREAMID"},    {0x03, "F_STE_FETCH"},
	{0x04, "C_BAD_STE"},	     {0x05, "F_BAD_ATS_TREQ"},
	{0x06, "F_STREAM_DISABLED"}, {0x08, "C_BAD_SUBSTREAMID"},
	{0x09, "F_CD_FETCH"},	     {0x0a, "C_BAD_CD"},
	{0x0b, "F_WALK_EABT"},	     {0x10, "F_TRANSLATION"},
	{0x11, "F_ADDR_SIZE"},	     {0x12, "F_ACCESS"},
	{0x13, "F_PERMISSION"},	     {0},
};

/* RISC-V's causes (IOMMU specification, "Fault/Event-Queue"). */
static const struct name riscv_causes[] = {
	{1, "instruction access fault"},
	{5, "read access fault"},
	{7, "write/AMO access fault"},
	{12, "instruction page fault"},
	{13, "read page fault"},
	{15, "write/AMO page fault"},
	{20, "instruction guest page fault"},
	{21, "read guest page fault"},
	{23, "write/AMO guest page fault"},
	{256, "all inbound transactions disallowed"},
	{257, "DDT entry load access fault"},
	{258, "DDT entry not valid"},
	{259, "DDT entry misconfigured"},
	{260, "transaction type disallowed"},
	{261, "MSI PTE load access fault"},
	{262, "MSI PTE not valid"},
	{263, "MSI PTE misconfigured"},
	{265, "PDT entry load access fault"},
	{266, "PDT entry not valid"},
	{267, "PDT entry misconfigured"},
	{0},
};

static const char *name_of(const struct name *names, unsigned code)
{
	while (names->text && names->code != code)
		names++;
	return names->text ? names->text : "unknown";
}

/* Code and its name: what the hardware would have reported. */
static void say_code(struct tool *tool, unsigned arch, unsigned code)
{
	static const struct name *const names[] = {
		[IOMT_UNIT_AMD] = amd_events,
		[IOMT_UNIT_SMMU] = smmu_events,
		[IOMT_UNIT_RISCV] = riscv_causes,
	};

	if (arch == IOMT_UNIT_VTD)
		out_text(tool, "report", OUT_BAD, "fault reason 0x%02x", code);
	else if (arch == IOMT_UNIT_RISCV)
		out_text(tool, "report", OUT_BAD, "cause %u, %s", code, name_of(names[arch], code));
	else
		out_text(tool, "report", OUT_BAD, "%s (0x%02x)", name_of(names[arch], code), code);
	out_number(tool, "code", code);
}

/* "flags" of the line that Linux prints: bits 27:16 of the event's second half word. */
static void say_amd_flags(struct tool *tool, uint64_t word)
{
	out_text(tool, "flags", OUT_PLAIN, "0x%04x", (unsigned)(word >> 48 & 0xfff));
}

static void say_x86(struct tool *tool, const struct iomt_walk_fault *fault)
{
	int error = iomt_walk_x86_error(fault, true);

	if (error >= 0)
		out_text(tool, "report", OUT_BAD, "#PF, error code 0x%02x", (unsigned)error);
	else
		out_text(tool, "report", OUT_BAD, "%s",
			 error == IOMT_ERANGE ? "#GP: not canonical" : "no memory for a table");
	out_text(tool, "vtd_reason", OUT_BAD, "0x%02x", iomt_walk_vtd_reason(fault, true));
}

static void say_entry(struct tool *tool, const char *text, uint64_t address, uint64_t entry)
{
	out_text(tool, "fault", OUT_BAD, "%s", text);
	if (address)
		out_address(tool, "at", address);
	if (address)
		out_address(tool, "entry", entry);
}

/* Which of the rights that were asked for are missing. */
static void say_denied(struct tool *tool, const struct iomt_walk_fault *fault)
{
	if (fault->kind == IOMT_WALK_FAULT_PERMISSION && fault->denied)
		out_text(tool, "denied", OUT_PLAIN, "%s", rights_text(fault->denied));
}

void words_walk_fault(struct tool *tool, const struct source_table *table,
		      const struct iomt_walk_fault *fault)
{
	struct iomt_walk_amd_event event;

	say_entry(tool, iomt_walk_fault_text(fault->kind), fault->address, fault->entry);
	out_number(tool, "level", fault->level);
	say_denied(tool, fault);
	switch (table->format->reports) {
	case REPORTS_AMD:
		event = iomt_walk_amd_event(fault, false);
		say_code(tool, IOMT_UNIT_AMD, (unsigned)(event.word[0] >> 60));
		say_amd_flags(tool, event.word[0]);
		break;
	case REPORTS_X86:
		say_x86(tool, fault);
		break;
	case REPORTS_VTD:
		say_code(tool, IOMT_UNIT_VTD, iomt_walk_vtd_reason(fault, false));
		break;
	case REPORTS_SMMU:
		say_code(tool, IOMT_UNIT_SMMU, iomt_walk_smmu_event(fault).type);
		out_text(tool, "status_code", OUT_PLAIN, "0x%02x", iomt_walk_arm_status(fault));
		break;
	default:
		say_code(tool, IOMT_UNIT_RISCV, iomt_walk_riscv_cause(fault));
		break;
	}
}

static const char *device_reason(const struct iomt_device_fault *fault)
{
	static const char *const texts[] = {
		[IOMT_DEVICE_FAULT_RANGE] = "the id or the PASID is beyond the table",
		[IOMT_DEVICE_FAULT_ABSENT] = "the entry is not valid",
		[IOMT_DEVICE_FAULT_RESERVED] = "a reserved bit is set",
		[IOMT_DEVICE_FAULT_ILLEGAL] = "a field has a value that cannot be",
		[IOMT_DEVICE_FAULT_MEMORY] = "there is no memory where the entry should be",
		[IOMT_DEVICE_FAULT_REFUSED] = "the entry lets no such request through",
	};

	if (fault->kind == IOMT_DEVICE_FAULT_WALK)
		return iomt_walk_fault_text(fault->walk.kind);
	return texts[fault->kind];
}

void words_device_fault(struct tool *tool, const struct iomt_device_fault *fault)
{
	static const char *const places[] = {
		[IOMT_AT_REGISTER] = "the register",
		[IOMT_AT_ROOT] = "the table above the device's",
		[IOMT_AT_DEVICE] = "the device's entry",
		[IOMT_AT_DIRECTORY] = "the PASID directory",
		[IOMT_AT_PROCESS] = "the PASID's entry",
		[IOMT_AT_PAGES] = "page tables",
		[IOMT_AT_MSI] = "the MSI page table",
	};

	say_entry(tool, device_reason(fault), fault->address, fault->entry);
	out_text(tool, "in", OUT_PLAIN, "%s", places[fault->at]);
	if (fault->kind == IOMT_DEVICE_FAULT_WALK) {
		out_number(tool, "level", fault->walk.level);
		out_number(tool, "stage", fault->walk.stage);
		say_denied(tool, &fault->walk);
	}
	if (!fault->code) {
		out_text(tool, "report", OUT_DIM, "none: it is aborted silently");
		return;
	}
	say_code(tool, fault->arch, fault->code);
	if (fault->arch == IOMT_UNIT_AMD)
		say_amd_flags(tool, iomt_device_amd_event(fault).word[0]);
	if (fault->silent)
		out_text(tool, "reported", OUT_DIM, "no: the entry forbids it");
}
