/* SPDX-License-Identifier: MIT */
/* memfd_create, prctl */
#define _GNU_SOURCE
#include "machine.h"
#include "test.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define READY	0x31544d4f49u /* "IOMT1" */
#define PATIENT 30	      /* seconds until a machine counts as stuck */

static struct machine the_machine;
static char version[64];

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void kill_machine(void)
{
	if (the_machine.pid > 0) {
		kill(the_machine.pid, SIGKILL);
		waitpid(the_machine.pid, NULL, 0);
	}
	the_machine.pid = 0;
}

/* "checked by" is for whole suites: a runner with a process for each test would say it of each. */
static void report(void)
{
	kill_machine();
	printf("%s: %" PRIu64 " translations %s QEMU %s (cpu %s)\n", the_machine.kind->suite,
	       the_machine.checked, the_machine.tests >= test_count ? "checked by" : "by", version,
	       the_machine.kind->cpu);
	fflush(stdout);
}

/* The version is also the proof that the program is there. */
static bool find_qemu(const struct machine_kind *kind)
{
	char command[128], line[128] = "";
	FILE *pipe;

	snprintf(command, sizeof(command), "%s --version 2>/dev/null", kind->qemu);
	pipe = popen(command, "r");
	if (!pipe)
		return false;
	if (!fgets(line, sizeof(line), pipe))
		line[0] = 0;
	while (fgetc(pipe) != EOF)
		;
	pclose(pipe);
	return sscanf(line, "QEMU emulator version %63[0-9.]", version) == 1;
}

static bool load_stub(struct machine *machine, const struct machine_kind *kind)
{
	FILE *file = fopen(kind->stub, "rb");
	size_t bytes;

	if (!file)
		return false;
	bytes = fread(machine->ram + kind->stub_offset, 1, kind->mailbox_offset - kind->stub_offset,
		      file);
	fclose(file);
	return bytes > 0;
}

/* In the child: QEMU, which ends when the test does, whatever becomes of it. */
__attribute__((noreturn)) static void exec_qemu(const struct machine_kind *kind, int ram,
						int parent)
{
	char memory[160], size[32], cpu[64];
	const char *argv[32] = {kind->qemu,   "-nodefaults", "-no-user-config",
				"-no-reboot", "-display",    "none",
				"-accel",     "tcg",	     "-cpu",
				cpu,	      "-m",	     size,
				"-object",    memory};
	size_t count = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || !freopen("/dev/null", "r", stdin))
		_exit(1);
	snprintf(cpu, sizeof(cpu), "%s%s", kind->cpu, kind->features);
	snprintf(memory, sizeof(memory),
		 "memory-backend-file,id=ram,share=on,mem-path=/proc/self/fd/%d,size=%" PRIu64, ram,
		 kind->ram_bytes);
	snprintf(size, sizeof(size), "%" PRIu64 "M", kind->ram_bytes >> 20);
	while (argv[count])
		count++;
	for (size_t i = 0; kind->args[i]; i++)
		argv[count++] = kind->args[i];
	execvp(kind->qemu, (char *const *)(uintptr_t)argv);
	_exit(127);
}

static void check_alive(struct machine *machine, double since, const char *what)
{
	int status;

	if (waitpid(machine->pid, &status, WNOHANG) == machine->pid) {
		machine->pid = 0;
		test_fail(__FILE__, __LINE__, "QEMU ended (status 0x%x) %s", (unsigned)status,
			  what);
	}
	if (now() - since > PATIENT) {
		kill_machine();
		test_fail(__FILE__, __LINE__, "no answer for %d seconds %s", PATIENT, what);
	}
}

/* Most answers come at once; the processors may also be busy with something else. */
static void await(struct machine *machine, uint64_t *word, uint64_t value, const char *what)
{
	const struct timespec moment = {.tv_nsec = 20000};
	double since = now();

	for (unsigned tries = 1; __atomic_load_n(word, __ATOMIC_ACQUIRE) != value; tries++) {
		if (tries > 2000)
			nanosleep(&moment, NULL);
		if (!(tries & 0xff))
			check_alive(machine, since, what);
	}
}

static void start(struct machine *machine)
{
	const struct machine_kind *kind = machine->kind;
	int parent = getpid();

	CHECK(load_stub(machine, kind)); /* anew: a machine before may have written to it */
	memset(machine->mailbox, 0, sizeof(*machine->mailbox));
	machine->pid = fork();
	CHECK(machine->pid >= 0);
	if (!machine->pid)
		exec_qemu(kind, machine->fd, parent);
	await(machine, &machine->mailbox->ready, READY, "when it started");
}

/* Aligned as pools must be. */
static char *map_ram(int fd, uint64_t bytes)
{
	const uintptr_t align = 1ULL << (POOL_SIZES - 1);
	char *room = mmap(NULL, bytes + align, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *at = (char *)(((uintptr_t)room + align - 1) & ~(align - 1));

	CHECK(room != MAP_FAILED);
	CHECK(mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == at);
	return at;
}

static void open_ram(struct machine *machine, const struct machine_kind *kind)
{
	machine->fd = memfd_create("iomt-tcg", 0);
	CHECK(machine->fd >= 0 && !ftruncate(machine->fd, (off_t)kind->ram_bytes));
	machine->ram = map_ram(machine->fd, kind->ram_bytes);
	machine->mailbox = (struct mailbox *)(machine->ram + kind->mailbox_offset);
	machine->kind = kind;
}

static bool prepare(struct machine *machine, const struct machine_kind *kind)
{
	open_ram(machine, kind);
	if (!find_qemu(kind)) {
		fprintf(stderr, "SKIPPED: %s: there is no %s\n", kind->suite, kind->qemu);
		return false;
	}
	if (!load_stub(machine, kind)) {
		fprintf(stderr, "SKIPPED: %s: its stub was not built, for want of a compiler\n",
			kind->suite);
		return false;
	}
	machine->qemu = (unsigned)atoi(version);
	atexit(report);
	return true;
}

struct machine *machine_get(const struct machine_kind *kind)
{
	struct machine *machine = &the_machine;
	static bool prepared, missing;

	if (!prepared) {
		prepared = true;
		missing = !prepare(machine, kind);
	}
	if (missing)
		return NULL;
	if (machine->kind != kind)
		kill_machine();
	machine->kind = kind;
	if (!machine->pid)
		start(machine);
	pool_init(&machine->pool, machine->ram + kind->tables_offset, kind->tables_bytes,
		  kind->ram_base + kind->tables_offset);
	machine->mailbox->count = 0;
	return machine;
}

void machine_run(struct machine *machine)
{
	struct mailbox *mailbox = machine->mailbox;
	uint64_t request = mailbox->request + 1;

	CHECK(mailbox->count <= MAILBOX_TRIALS);
	__atomic_store_n(&mailbox->request, request, __ATOMIC_RELEASE);
	await(machine, &mailbox->answer, request, "to a request");
	machine->checked += mailbox->count;
	mailbox->count = 0;
}

uint64_t *machine_word(struct machine *machine, uint64_t phys)
{
	CHECK(phys - machine->kind->ram_base <= machine->kind->ram_bytes - 8);
	return (uint64_t *)(machine->ram + (phys - machine->kind->ram_base));
}
