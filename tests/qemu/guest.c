/* SPDX-License-Identifier: MIT */
#include "guest.h"
#include "test.h"
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define FIRMWARE_BYTES 0x10000
#define ARGS_MAX       48
#define FILL	       0xa5 /* fresh memory is garbage */

static const char *const common_args[] = {
	"-nodefaults",
	"-no-user-config",
	"-display",
	"none",
	/* virtual time jumps to the next timer as soon as the processor sleeps: DMA needs no wait */
	"-accel",
	"tcg",
	"-icount",
	"shift=0,sleep=off",
	"-bios",
	QTEST_FIRMWARE_PATH,
	"-chardev",
	"socket,id=qtest,fd=3",
	"-qtest",
	"chardev:qtest",
	"-qtest-log",
	"none",
	"-machine",
	"memory-backend=ram",
	"-device",
	"edu,addr=2,dma_mask=0xffffffffffffffff",
	NULL,
};

static void add_args(const char *argv[], const char *const args[])
{
	size_t count = 0;

	while (argv[count])
		count++;
	while (*args) {
		CHECK(count < ARGS_MAX - 1);
		argv[count++] = *args++;
	}
}

static int make_firmware(const struct board *board)
{
	int file = qtest_file("firmware", FIRMWARE_BYTES);

	CHECK(pwrite(file, &board->code, sizeof(board->code), (off_t)board->code_at) ==
	      sizeof(board->code));
	return file;
}

/* Sizes are powers of two: the pool is cut from its start, and what is freed is kept by size. */
static void *pool_alloc(void *ctx, size_t bytes)
{
	struct guest *guest = ctx;
	unsigned lg2 = (unsigned)__builtin_ctzll(bytes);
	void *memory = guest->pool_free[lg2];

	if (memory) {
		memcpy(&guest->pool_free[lg2], memory, sizeof(void *));
	} else {
		uint64_t at = (guest->pool_used + bytes - 1) & ~(uint64_t)(bytes - 1);

		CHECK_MSG(at + bytes <= GUEST_POOL_BYTES, "no memory for page tables");
		guest->pool_used = at + bytes;
		memory = guest_at(guest, guest->board->tables + at, bytes);
	}
	guest->pool_live += bytes;
	memset(memory, FILL, bytes);
	return memory;
}

static void pool_release(void *ctx, void *memory, size_t bytes)
{
	struct guest *guest = ctx;
	unsigned lg2 = (unsigned)__builtin_ctzll(bytes);

	guest->pool_live -= bytes;
	memset(memory, FILL, bytes);
	memcpy(memory, &guest->pool_free[lg2], sizeof(void *));
	guest->pool_free[lg2] = memory;
}

static void make_memory(struct guest *guest)
{
	guest->ram_file = qtest_file("ram", BOARD_RAM_BYTES);
	guest->ram = mmap(NULL, BOARD_RAM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
			  guest->ram_file, 0);
	CHECK(guest->ram != MAP_FAILED);
	guest->mem = (struct iomt_mem){
		.size = sizeof(guest->mem),
		.alloc = pool_alloc,
		.free = pool_release,
		.phys_offset = guest->board->banks[0].base - (uint64_t)(uintptr_t)guest->ram,
		.ctx = guest,
	};
}

void guest_start(struct guest *guest, const struct board *board, const char *const args[])
{
	const char *argv[ARGS_MAX] = {board->program};
	char ram_arg[128];
	const char *const ram_args[] = {"-m", "16G", "-object", ram_arg, NULL};
	int firmware;

	guest_stop(guest);
	memset(guest, 0, sizeof(*guest));
	guest->board = board;
	make_memory(guest);
	firmware = make_firmware(board);
	snprintf(ram_arg, sizeof(ram_arg),
		 "memory-backend-file,id=ram,share=on,size=%llu,mem-path=" QTEST_RAM_PATH,
		 BOARD_RAM_BYTES);
	add_args(argv, board->args);
	add_args(argv, common_args);
	add_args(argv, ram_args);
	add_args(argv, args);
	qtest_start(&guest->qtest, argv, guest->ram_file, firmware);
	close(firmware);
}

void guest_stop(struct guest *guest)
{
	if (!guest->ram)
		return;
	qtest_stop(&guest->qtest);
	munmap(guest->ram, BOARD_RAM_BYTES);
	close(guest->ram_file);
	guest->ram = NULL;
}

void *guest_at(const struct guest *guest, uint64_t gpa, uint64_t bytes)
{
	uint64_t offset = 0;

	for (size_t i = 0; i < BOARD_BANKS; i++) {
		const struct bank *bank = &guest->board->banks[i];

		if (gpa >= bank->base && gpa - bank->base < bank->bytes)
			return bytes <= bank->bytes - (gpa - bank->base)
				       ? guest->ram + offset + (gpa - bank->base)
				       : NULL;
		offset += bank->bytes;
	}
	return NULL;
}

void *guest_data(const struct guest *guest, uint64_t gpa, uint64_t bytes)
{
	uint64_t pool = guest->board->tables;

	if (gpa < guest->board->data || (gpa + bytes > pool && gpa < pool + GUEST_POOL_BYTES))
		return NULL;
	return guest_at(guest, gpa, bytes);
}

uint64_t guest_structure(struct guest *guest, uint64_t bytes)
{
	void *memory = pool_alloc(guest, bytes);

	guest->pool_live -= bytes; /* counts page tables only */
	memset(memory, 0, bytes);
	return (uint64_t)(uintptr_t)memory + guest->mem.phys_offset;
}

static void *structure_alloc(void *ctx, size_t bytes)
{
	struct guest *guest = ctx;

	return guest_at(guest, guest_structure(guest, bytes), bytes);
}

static void structure_free(void *ctx, void *memory, size_t bytes)
{
	(void)ctx;
	(void)memory;
	(void)bytes;
}

struct iomt_mem guest_structures(struct guest *guest)
{
	struct iomt_mem mem = guest->mem;

	mem.alloc = structure_alloc;
	mem.free = structure_free;
	return mem;
}

uint32_t guest_config_read(struct guest *guest, unsigned device, unsigned offset)
{
	if (guest->board->ecam)
		return qtest_readl(&guest->qtest, guest->board->ecam + (device << 15) + offset);
	qtest_outl(&guest->qtest, 0xcf8, 1u << 31 | device << 11 | offset);
	return qtest_inl(&guest->qtest, 0xcfc);
}

void guest_config_write(struct guest *guest, unsigned device, unsigned offset, uint32_t value)
{
	if (guest->board->ecam) {
		qtest_writel(&guest->qtest, guest->board->ecam + (device << 15) + offset, value);
		return;
	}
	qtest_outl(&guest->qtest, 0xcf8, 1u << 31 | device << 11 | offset);
	qtest_outl(&guest->qtest, 0xcfc, value);
}
